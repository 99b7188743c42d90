//! Keeps what goes wrong in the PDF interpreter from the rest of the program: a panic, an endless loop, an
//! overflow of the stack, a file that inflates to more memory than there is.
//!
//! Without a worker the file is read on a thread of its own: panics are caught, a thread that does
//! not end is left behind. A worker is another process, which can also be killed and can die of
//! memory; the program is its own worker.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::device::Stop;
use super::glyphs::{self, Glyphs, Refusal};

/// The stack of the thread that reads, in bytes; only what is used of it takes memory.
const STACK: usize = 256 << 20;
/// So long the reading itself may take.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(60);
/// So long after that a thread has to notice that its time is up.
const GRACE: Duration = Duration::from_secs(10);
/// The most that a worker may write, in bytes.
const MAX_REPLY: u64 = 1 << 30;
/// What is kept of what a worker says.
const MAX_SAID: u64 = 16 << 10;

/// A program that reads PDF files in a process of its own: it takes the file on standard input and
/// writes what [`read_pdf`] returns to standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// It is killed when it takes longer.
    pub time_limit: Duration,
}

impl Worker {
    /// A worker with the usual time limit.
    pub fn new(program: PathBuf, args: Vec<OsString>) -> Self {
        Self { program, args, time_limit: TIME_LIMIT + 2 * GRACE }
    }
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
enum Reply {
    Read(Glyphs),
    Refused(Refusal),
}

/// The work of a [`Worker`]: reads a PDF file and gives its pages in JSON. The form is no interface:
/// it is for a loader of the same version.
pub fn read_pdf(bytes: Vec<u8>) -> Vec<u8> {
    let reply = match on_thread(bytes, TIME_LIMIT, false) {
        Ok(read) => Reply::Read(read),
        Err(refusal) => Reply::Refused(refusal),
    };
    serde_json::to_vec(&reply).unwrap_or_default()
}

/// Reads a file with a worker, or here.
pub(super) fn read(bytes: &[u8], worker: Option<&Worker>) -> Result<Glyphs, Refusal> {
    match worker {
        // Nothing but the measuring bounds the memory here.
        None => on_thread(bytes.to_vec(), TIME_LIMIT, true),
        Some(worker) => by(worker, bytes),
    }
}

fn too_slow(limit: Duration) -> Refusal {
    format!("reading the PDF took longer than {} seconds, so it was stopped; give a part of the file", limit.as_secs())
}

/// Reads a file on a thread, which ends at the limit; `measured` refuses what would inflate to too much memory.
fn on_thread(bytes: Vec<u8>, limit: Duration, measured: bool) -> Result<Glyphs, Refusal> {
    let deadline = Instant::now() + limit;
    let (tell, told) = mpsc::channel();
    let work = move || {
        let bytes = Arc::new(bytes);
        let read = catch_unwind(AssertUnwindSafe(|| glyphs::read(bytes, deadline, measured)));
        // Nobody listens any more if it took too long.
        let _ = tell.send(read.unwrap_or_else(|panic| match panic.downcast_ref::<Stop>() {
            Some(Stop::Late) => Err(too_slow(limit)),
            Some(Stop::Full) => Err(glyphs::too_many()),
            None => {
                Err("the PDF is malformed in a way that its reader cannot handle; export or print it again".to_owned())
            }
        }));
    };
    let thread = thread::Builder::new().name("pdf".to_owned()).stack_size(STACK).spawn(work);
    if let Err(e) = thread {
        return Err(format!("cannot start a thread to read the PDF: {e}"));
    }
    match told.recv_timeout(limit + GRACE) {
        Ok(read) => read,
        Err(RecvTimeoutError::Timeout) => Err(too_slow(limit)),
        Err(RecvTimeoutError::Disconnected) => Err("reading the PDF ended without a result".to_owned()),
    }
}

fn by(worker: &Worker, bytes: &[u8]) -> Result<Glyphs, Refusal> {
    let deadline = Instant::now() + worker.time_limit;
    let mut child = Command::new(&worker.program)
        .args(&worker.args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot start the process that reads PDF files, {}: {e}", worker.program.display()))?;
    let (input, output) = (child.stdin.take(), collect(child.stdout.take(), MAX_REPLY));
    let said = collect(child.stderr.take(), MAX_SAID);
    let bytes = bytes.to_vec();
    // A worker that ends early does not read it all.
    thread::spawn(move || input.map(|mut input| input.write_all(&bytes)));
    let status = wait(&mut child, deadline).map_err(|e| format!("lost the process that reads the PDF: {e}"))?;
    let Some(status) = status else { return Err(too_slow(worker.time_limit)) };
    let left = || deadline.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
    let reply = output.recv_timeout(left()).ok().filter(|_| status.success());
    match reply.and_then(|reply| serde_json::from_slice::<Reply>(&reply).ok()) {
        Some(Reply::Read(read)) => Ok(read),
        Some(Reply::Refused(refusal)) => Err(refusal),
        None => {
            let said = said.recv_timeout(Duration::from_millis(200)).unwrap_or_default();
            Err(died(status, &String::from_utf8_lossy(&said)))
        }
    }
}

/// Why a worker left no answer, as far as can be told.
fn died(status: ExitStatus, said: &str) -> Refusal {
    if said.contains("memory allocation") || said.contains("out of memory") {
        "reading the PDF needs more memory than is granted to it, so it was stopped; the file may be made to do harm"
            .to_owned()
    } else if said.contains("overflowed its stack") {
        "the PDF is nested too deeply to be read; export or print it again".to_owned()
    } else {
        format!("the process that reads the PDF ended without an answer ({status}); export or print the file again")
    }
}

/// Reads a stream to its end, on a thread of its own: a killed worker can leave children that hold it open.
fn collect(stream: Option<impl Read + Send + 'static>, limit: u64) -> Receiver<Vec<u8>> {
    let (tell, told) = mpsc::channel();
    if let Some(stream) = stream {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            // What came before an error is all there is.
            let _ = stream.take(limit).read_to_end(&mut bytes);
            let _ = tell.send(bytes);
        });
    }
    told
}

/// Waits for the end of a process; kills it at the deadline, and `None` then.
fn wait(child: &mut Child, deadline: Instant) -> std::io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Reads a file here in less time, for tests.
#[cfg(test)]
pub(super) fn limited(bytes: &[u8], limit: Duration) -> Result<Glyphs, Refusal> {
    on_thread(bytes.to_vec(), limit, true)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, millis: u64) -> Worker {
        let args = vec!["-c".into(), script.into()];
        Worker { program: "/bin/sh".into(), args, time_limit: Duration::from_millis(millis) }
    }

    fn refusal(script: &str, millis: u64) -> String {
        by(&shell(script, millis), b"%PDF-1.7").unwrap_err()
    }

    #[test]
    fn a_worker_that_hangs_is_killed() {
        let began = Instant::now();
        assert!(refusal("exec sleep 100", 300).contains("took longer"));
        assert!(began.elapsed() < Duration::from_secs(30), "it was not waited for");
    }

    #[test]
    fn a_worker_that_dies_is_an_error_that_says_how() {
        assert!(refusal("kill -SEGV $$", 20_000).contains("without an answer"));
        assert!(refusal("exit 0", 20_000).contains("without an answer"));
        assert!(refusal("echo garbage", 20_000).contains("without an answer"));
        assert!(refusal("echo memory allocation of 9 bytes failed >&2; kill -ABRT $$", 20_000).contains("more memory"));
        assert!(refusal("echo has overflowed its stack >&2; kill -ABRT $$", 20_000).contains("nested too deeply"));
        let missing = Worker::new("/no/such/program".into(), Vec::new());
        assert!(by(&missing, b"").unwrap_err().contains("/no/such/program"));
    }

    #[test]
    fn what_a_worker_refuses_is_told() {
        assert_eq!(refusal(r#"cat > /dev/null; echo '{"Refused":"too odd"}'"#, 20_000), "too odd");
    }

    #[test]
    fn time_that_is_up_ends_the_reading() {
        let bytes = std::fs::read("fixtures/en/river-restoration-report/article.pdf").unwrap();
        let read = read_pdf(bytes.clone());
        assert!(matches!(serde_json::from_slice(&read).unwrap(), Reply::Read(g) if g.pages.len() > 3));
        assert!(on_thread(bytes, Duration::ZERO, true).unwrap_err().contains("took longer"));
    }
}
