//! GGUF headers: metadata and tensor list of a model file, with errors that name file and key.

use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, TensorInfo, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use memmap2::Mmap;

use crate::error::{Error, ErrorKind, Result};

/// An opened GGUF file: its header is read, its tensors are read on request from the map of the file.
pub(super) struct GgufFile {
    path: PathBuf,
    map: Mmap,
    content: Content,
}

/// A tensor as it stands in the file.
pub(super) struct Stored<'a> {
    pub(super) dtype: GgmlDType,
    pub(super) bytes: &'a [u8],
}

impl GgufFile {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let place = || path.display().to_string();
        let file = File::open(path)
            .map_err(|e| Error::new(ErrorKind::Io, "cannot open the model file").at(place()).with_source(e))?;
        // SAFETY: the file is only read. Whoever changes it while the model is loaded gets wrong weights, as with any reader; the
        // store writes beside a model and renames, so it never does.
        let map = unsafe { Mmap::map(&file) }
            .map_err(|e| Error::new(ErrorKind::Io, "cannot read the model file").at(place()).with_source(e))?;
        let unreadable = || Error::new(ErrorKind::Model, "is not a readable GGUF file").at(place());
        // A header with an alignment of 0 makes Candle's reader divide by it.
        let read = || Content::read(&mut Cursor::new(&map[..]));
        let content = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
            .map_err(|_| unreadable())?
            .map_err(|e| unreadable().with_source(e))?;
        Ok(Self { path: path.to_owned(), map, content })
    }

    /// Bytes of the file.
    pub(super) fn size(&self) -> u64 {
        self.map.len() as u64
    }

    /// An error about this file.
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Model, message).at(self.path.display().to_string())
    }

    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(key)
    }

    fn required(&self, key: &str) -> Result<&Value> {
        self.value(key).ok_or_else(|| self.error(format!("has no metadata `{key}`")))
    }

    /// An unsigned number, however wide it is stored.
    pub(super) fn number(&self, key: &str) -> Result<usize> {
        as_number(self.required(key)?).ok_or_else(|| self.error(format!("metadata `{key}` is not a whole number")))
    }

    pub(super) fn optional_number(&self, key: &str) -> Option<usize> {
        self.value(key).and_then(as_number)
    }

    pub(super) fn float(&self, key: &str) -> Result<f32> {
        match self.required(key)? {
            Value::F32(v) => Ok(*v),
            Value::F64(v) => Ok(*v as f32),
            other => as_number(other)
                .map(|n| n as f32)
                .ok_or_else(|| self.error(format!("metadata `{key}` is not a number"))),
        }
    }

    pub(super) fn string(&self, key: &str) -> Result<&str> {
        match self.required(key)? {
            Value::String(s) => Ok(s),
            _ => Err(self.error(format!("metadata `{key}` is not a text"))),
        }
    }

    pub(super) fn optional_bool(&self, key: &str) -> Option<bool> {
        self.value(key).and_then(|v| v.to_bool().ok())
    }

    /// A list of texts.
    pub(super) fn strings(&self, key: &str) -> Result<Vec<&str>> {
        let wrong = || self.error(format!("metadata `{key}` is not a list of texts"));
        let Value::Array(values) = self.required(key)? else { return Err(wrong()) };
        values
            .iter()
            .map(|v| match v {
                Value::String(s) => Ok(s.as_str()),
                _ => Err(wrong()),
            })
            .collect()
    }

    pub(super) fn has_tensor(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Name, shape (rows first) and stored type of every tensor, in no order.
    pub(super) fn tensors(&self) -> impl Iterator<Item = (&str, &[usize], GgmlDType)> {
        self.content.tensor_infos.iter().map(|(name, info)| (name.as_str(), info.shape.dims(), info.ggml_dtype))
    }

    fn info(&self, name: &str, shape: &[usize]) -> Result<&TensorInfo> {
        let Some(info) = self.content.tensor_infos.get(name) else {
            return Err(self.error(format!("has no tensor `{name}`")));
        };
        if info.shape.dims() != shape {
            let found = info.shape.dims().to_vec();
            return Err(self.error(format!("tensor `{name}` has shape {found:?}, expected {shape:?}")));
        }
        Ok(info)
    }

    /// The tensor in its stored (quantized) type; `shape` as Candle has it: rows first.
    pub(super) fn tensor(&self, name: &str, shape: &[usize], device: &Device) -> Result<QTensor> {
        self.info(name, shape)?;
        self.content
            .tensor(&mut Cursor::new(&self.map[..]), name, device)
            .map_err(|e| self.error(format!("cannot read tensor `{name}`")).with_source(e))
    }

    /// The bytes of a tensor, without a copy.
    pub(super) fn stored(&self, name: &str, shape: &[usize]) -> Result<Stored<'_>> {
        let info = self.info(name, shape)?;
        let dtype = info.ggml_dtype;
        let start =
            self.content.tensor_data_offset.checked_add(info.offset).and_then(|start| usize::try_from(start).ok());
        let len = info.shape.elem_count() / dtype.block_size() * dtype.type_size();
        let bytes = start.and_then(|start| self.map.get(start..start.checked_add(len)?));
        match bytes {
            Some(bytes) => Ok(Stored { dtype, bytes }),
            None => Err(self.error(format!("cannot read tensor `{name}`: the file ends before it does"))),
        }
    }

    /// Says that a tensor's bytes are not needed again, so that they need not stay in memory beside their copy.
    pub(super) fn release(&self, stored: &Stored<'_>) {
        #[cfg(unix)]
        {
            let offset = stored.bytes.as_ptr() as usize - self.map.as_ptr() as usize;
            // SAFETY: nothing is lost: a page that is looked at again comes from the file again. An error means that the
            // memory stays, which is no harm.
            let _ = unsafe {
                self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, offset, stored.bytes.len())
            };
        }
        #[cfg(not(unix))]
        let _ = stored;
    }
}

/// GGUF writers use every integer type for the same key.
pub(super) fn as_number(value: &Value) -> Option<usize> {
    match *value {
        Value::U8(v) => Some(v.into()),
        Value::U16(v) => Some(v.into()),
        Value::U32(v) => usize::try_from(v).ok(),
        Value::U64(v) => usize::try_from(v).ok(),
        Value::I8(v) => usize::try_from(v).ok(),
        Value::I16(v) => usize::try_from(v).ok(),
        Value::I32(v) => usize::try_from(v).ok(),
        Value::I64(v) => usize::try_from(v).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_gguf_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.gguf");
        std::fs::write(&path, b"GGUX not a model").unwrap();
        let error = GgufFile::open(&path).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.to_string().contains("model.gguf"));
        let error = GgufFile::open(&dir.path().join("absent.gguf")).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Io);
    }

    #[test]
    fn an_alignment_of_zero_is_refused_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("zero.gguf");
        let mut file = File::create(&path).unwrap();
        let zero = Value::U32(0);
        candle_core::quantized::gguf_file::write(&mut file, &[("general.alignment", &zero)], &[]).unwrap();
        assert_eq!(GgufFile::open(&path).err().unwrap().kind(), ErrorKind::Model);
    }

    #[test]
    fn every_integer_type_is_a_number_but_a_negative_one_is_not() {
        assert_eq!(as_number(&Value::U64(7)), Some(7));
        assert_eq!(as_number(&Value::I32(7)), Some(7));
        assert_eq!(as_number(&Value::I32(-7)), None);
        assert_eq!(as_number(&Value::F32(7.0)), None);
    }
}
