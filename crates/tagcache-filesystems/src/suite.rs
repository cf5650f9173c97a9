//! The test programs of the workspace: built once, run where they are told.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tagcache_images::Halt;

/// Whose tests make caches, or files that a cache is made of.
const PACKAGES: [&str; 3] = ["tagcache-fs", "tagcache", "tagcache-actors"];

/// A test program that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(900);

/// One of them.
pub(crate) struct Program {
    path: PathBuf,
    /// Where `cargo test` would run it.
    home: PathBuf,
}

/// What came out.
#[derive(Default)]
pub(crate) struct Tests {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// The ends of what failed programs said.
    pub(crate) told: Vec<String>,
}

/// Builds them. Only those in `tests/`: what is private in a file makes no cache.
pub(crate) fn build() -> Result<Vec<Program>, Halt> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["test", "--no-run", "--message-format=json", "--tests", "--features", "tagcache/tokio"]);
    for package in PACKAGES {
        command.args(["-p", package]);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Halt::Fail(format!("no cargo: {error}")))?;
    if !output.status.success() {
        return Err(Halt::Fail("the tests do not compile".into()));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    let mut programs: Vec<Program> = lines.lines().filter_map(program).collect();
    keep(&mut programs)?;
    if programs.is_empty() {
        return Err(Halt::Fail("cargo named no test program".into()));
    }
    Ok(programs)
}

/// Second names for them, so that a build beside the run does not change what is run.
fn keep(programs: &mut [Program]) -> Result<(), Halt> {
    for program in programs {
        let name = program.path.file_name().unwrap_or_default().to_owned();
        let folder = program.path.with_file_name("filesystems");
        fs::create_dir_all(&folder).map_err(Halt::at("make", &folder))?;
        let kept = folder.join(name);
        let _ = fs::remove_file(&kept);
        fs::hard_link(&program.path, &kept).map_err(Halt::at("keep", &program.path))?;
        program.path = kept;
    }
    Ok(())
}

/// What a message of cargo says about a test program, if it is about one.
fn program(message: &str) -> Option<Program> {
    if !message.contains(r#""kind":["test"]"#) {
        return None;
    }
    let path = field(message, "executable")?.into();
    let home = Path::new(field(message, "manifest_path")?).parent()?.to_owned();
    Some(Program { path, home })
}

/// The text of a field that has no escapes in it, as paths have none.
fn field<'m>(message: &'m str, name: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(&format!(r#""{name}":""#))?;
    rest.split('"').next()
}

/// Runs all of them with their temporary files in `folder`.
pub(crate) fn run(programs: &[Program], folder: &Path) -> Result<Tests, Halt> {
    let place = folder.join("t");
    fs::create_dir_all(&place).map_err(Halt::at("make", &place))?;
    let mut tests = Tests::default();
    for program in programs {
        // What they say does not go to the filesystem that is tried.
        let said = env::temp_dir().join(format!("filesystems-{}", std::process::id()));
        let ended = run_one(program, &place, &said)?;
        let text = fs::read_to_string(&said).unwrap_or_default();
        let _ = fs::remove_file(&said);
        note(&mut tests, program, ended, &text);
    }
    Ok(tests)
}

/// Whether it ended well; `None` when it hung.
fn run_one(program: &Program, place: &Path, said: &Path) -> Result<Option<bool>, Halt> {
    let output = File::create(said).map_err(Halt::at("make", said))?;
    let errors = output.try_clone().map_err(Halt::at("make", said))?;
    let mut child = Command::new(&program.path)
        .current_dir(&program.home)
        .env("TMPDIR", place)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(Halt::at("run", &program.path))?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().map_err(Halt::at("wait for", &program.path))? {
            return Ok(Some(status.success()));
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().and_then(|()| child.wait()).map_err(Halt::at("end", &program.path))?;
    Ok(None)
}

/// Which tests failed, where each panicked, and what it said: the line after.
fn complaints(text: &str) -> impl Iterator<Item = &str> {
    let before = std::iter::once("").chain(text.lines());
    let lines = text.lines().zip(before);
    let tells = |(line, before): &(&str, &str)| {
        line.ends_with("... FAILED") || line.contains("panicked at") || before.contains("panicked at")
    };
    lines.filter(tells).map(|(line, _)| line)
}

fn note(tests: &mut Tests, program: &Program, ended: Option<bool>, text: &str) {
    let name = program.path.file_name().unwrap_or_default().to_string_lossy();
    for line in text.lines().filter(|line| line.starts_with("test result:")) {
        let count = |what: &str| {
            let words: Vec<&str> = line.split([' ', ';']).collect();
            let place = words.iter().position(|word| *word == what)?;
            words.get(place.checked_sub(1)?)?.parse::<u64>().ok()
        };
        tests.passed += count("passed").unwrap_or(0);
        tests.failed += count("failed").unwrap_or(0);
    }
    if ended != Some(true) {
        tests.told.extend(complaints(text).map(|line| format!("{name}: {line}")));
    }
    match ended {
        Some(true) => {}
        Some(false) => tests.told.push(format!("{name} failed")),
        None => tests.told.push(format!("{name} hung, and was ended")),
    }
}
