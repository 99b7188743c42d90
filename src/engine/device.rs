//! Where a model runs: the processor, or a graphics card through Candle.

use candle_core::Device;

use super::DeviceChoice;
use crate::error::{Error, ErrorKind, Result};

/// A device that is ready.
pub(super) struct Opened {
    pub(super) device: Device,
    /// What [`DeviceChoice`] calls it.
    pub(super) name: String,
    /// Why the processor is used although the program is built for a GPU.
    pub(super) fallback: Option<String>,
}

impl Opened {
    fn new(device: Device, name: String) -> Self {
        Self { device, name, fallback: None }
    }
}

/// Opens the device of that choice.
///
/// # Errors
/// `Config` if it is not there or not built in. `auto` takes the processor then.
pub(super) fn open(choice: DeviceChoice) -> Result<Opened> {
    let unavailable = |name: &str, e: candle_core::Error| {
        Error::new(ErrorKind::Config, format!("the device `{name}` cannot be used")).with_source(e)
    };
    let name = choice.to_string();
    match choice {
        DeviceChoice::Cpu => Ok(Opened::new(Device::Cpu, name)),
        DeviceChoice::Cuda(n) => {
            Device::new_cuda(n).map_err(|e| unavailable(&name, e)).map(|device| Opened::new(device, name))
        }
        DeviceChoice::Metal => {
            Device::new_metal(0).map_err(|e| unavailable(&name, e)).map(|device| Opened::new(device, name))
        }
        DeviceChoice::Auto => {
            let built_in =
                [(cfg!(feature = "cuda"), DeviceChoice::Cuda(0)), (cfg!(feature = "metal"), DeviceChoice::Metal)];
            let mut reasons = Vec::new();
            for (_, gpu) in built_in.into_iter().filter(|(built_in, _)| *built_in) {
                match open(gpu) {
                    Ok(opened) => return Ok(opened),
                    Err(error) => reasons.push(error.to_string()),
                }
            }
            let fallback = (!reasons.is_empty()).then(|| format!("the processor is used: {}", reasons.join("; ")));
            Ok(Opened { fallback, ..Opened::new(Device::Cpu, DeviceChoice::Cpu.to_string()) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there_and_what_is_not_built_in_is_refused_by_name() {
        assert_eq!(open(DeviceChoice::Cpu).unwrap().name, "cpu");
        assert!(open(DeviceChoice::Auto).is_ok());
        if !cfg!(feature = "metal") {
            let error = open(DeviceChoice::Metal).err().unwrap();
            assert!(error.to_string().contains("`metal` cannot be used"), "{error}");
            assert_eq!(error.kind(), ErrorKind::Config);
        }
    }
}
