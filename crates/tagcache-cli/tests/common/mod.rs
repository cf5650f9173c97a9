//! The built program, in a place of its own.

// Each file of tests uses some of it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/// A cache directory and a directory to work in.
pub struct Place {
    dir: tempfile::TempDir,
}

/// Interrupts are ignored in the background of a script, and whoever is started from there ignores them as well: the program and
/// its commands would not be ended by those that a test sends. A signal with a handler is itself again in a new program.
fn hear_ignored_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        let ignored = u64::from_str_radix(mask.trim(), 16).unwrap();
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2] {
            if ignored >> (signal - 1) & 1 == 1 {
                signal_hook::flag::register(signal, Arc::default()).unwrap();
            }
        }
    });
}

impl Place {
    pub fn new() -> Self {
        hear_ignored_signals();
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The program, with nothing of the environment that matters to it, working in this place.
    pub fn command<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagcache"));
        command
            .args(args)
            .env("TAGCACHE_ROOT", self.root())
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        for name in ["XDG_CACHE_HOME", "NO_COLOR", "CLICOLOR_FORCE", "TAGCACHE_PROGRESS_AFTER_MS"] {
            command.env_remove(name);
        }
        command
    }

    pub fn run<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Ended {
        Ended::of(self.command(args).output().unwrap())
    }

    /// With the words of a line, where none has a space in it.
    pub fn line(&self, line: &str) -> Ended {
        self.run(line.split(' '))
    }

    pub fn feed(&self, line: &str, input: impl AsRef<[u8]>) -> Ended {
        let mut command = self.command(line.split(' '));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
        Ended::of(child.wait_with_output().unwrap())
    }

    /// `run` of a script that appends a line to the file `runs` each time it is really run.
    pub fn counted(&self, options: &str, script: &str) -> Ended {
        self.run(self.counted_args(options, script))
    }

    pub fn counted_args(&self, options: &str, script: &str) -> Vec<String> {
        let mut args = vec![String::from("run")];
        args.extend(options.split(' ').filter(|word| !word.is_empty()).map(String::from));
        args.extend(["--", "sh", "-c"].map(String::from));
        args.push(format!("echo ran >> runs; {script}"));
        args
    }

    /// How often a counted script was run.
    pub fn runs(&self) -> usize {
        self.read("runs").lines().count()
    }

    pub fn entry(&self, key: &str) -> PathBuf {
        let path = self.run(["path", key]);
        self.root().join(path.out.trim_end())
    }
}

#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub raw: Vec<u8>,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
            raw: output.stdout,
        }
    }

    /// It exits with this status, and says nothing on standard error.
    #[track_caller]
    pub fn quietly(self, code: i32) -> Self {
        assert_eq!((self.code, self.err.as_str()), (Some(code), ""), "standard output: {}", self.out);
        self
    }

    /// It exits with this status, writes no data, and says this on standard error.
    #[track_caller]
    pub fn saying(self, code: i32, word: &str) -> Self {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "standard error: {}", self.err);
        assert!(self.err.contains(word), "`{word}` is not in: {}", self.err);
        self
    }
}

/// Waits for what another process does; a minute is for ever.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn signal(child: &Child, signal: nix::sys::signal::Signal) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, signal).unwrap();
}

/// Every file below a directory.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

/// Each line of an output against the schema of its command.
#[track_caller]
pub fn checked(schema: &str, out: &str) -> Vec<serde_json::Value> {
    let file = format!("{}/schemas/{schema}.json", env!("CARGO_MANIFEST_DIR"));
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let index = compiler.compile(&file, &mut schemas).unwrap();
    let values: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for value in &values {
        if let Err(error) = schemas.validate(value, index) {
            panic!("{schema}: {error:#}\n{value:#}");
        }
    }
    assert!(!values.is_empty(), "{schema}: there is something to check");
    values
}
