//! The processes, seen from the one that tells them what to do.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command as Process, Stdio};
use std::time::Duration;

use crate::peer::{Kind, Level, Outcome};
use crate::worker::{Answer, Command};

/// How workers are started: this program, and how many entries it works with.
#[derive(Clone, Debug)]
pub struct Office {
    /// The program, which knows the word `worker`.
    pub program: PathBuf,
    /// How many entries there are.
    pub entries: usize,
    /// How long each is fresh.
    pub ttl: Duration,
}

/// One worker.
#[derive(Debug)]
pub struct Hand {
    name: &'static str,
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Office {
    /// A process with this peer open in this directory, which is made.
    ///
    /// # Errors
    /// When it does not start.
    pub fn hire(&self, kind: &'static Kind, level: Level, dir: &Path, process: u32) -> Outcome<Hand> {
        fs::create_dir_all(dir)?;
        let mut child = Process::new(&self.program)
            .args(["worker", kind.name, level.word()])
            .arg(dir)
            .args([self.ttl.as_millis().to_string(), self.entries.to_string(), process.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = child.stdin.take().ok_or("no pipe to the worker")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no pipe from the worker")?);
        Ok(Hand { name: kind.name, child, commands, answers })
    }
}

impl Hand {
    /// Tells it something, and hears what came of it.
    ///
    /// # Errors
    /// When the peer failed, or the process ended.
    pub fn ask(&mut self, command: &Command) -> Outcome<Answer> {
        self.tell(command)?;
        self.hear()
    }

    /// Tells it something; the answer is still to be heard.
    ///
    /// # Errors
    /// When the process ended.
    pub fn tell(&mut self, command: &Command) -> Outcome<()> {
        let line = serde_json::to_string(command)?;
        writeln!(self.commands, "{line}").map_err(|error| format!("{}: {error}", self.name))?;
        Ok(())
    }

    /// The answer to what it was told.
    ///
    /// # Errors
    /// When the peer failed, or the process ended.
    pub fn hear(&mut self) -> Outcome<Answer> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match serde_json::from_str(&line) {
            Ok(Answer::Failed(reason)) => Err(format!("{}: {reason}", self.name).into()),
            Ok(answer) => Ok(answer),
            Err(_) => Err(format!("{}: the worker ended", self.name).into()),
        }
    }

    /// Has it close its store, and sees it end.
    ///
    /// # Errors
    /// When the peer failed.
    pub fn dismiss(mut self) -> Outcome<()> {
        self.ask(&Command::Close)?;
        self.child.wait()?;
        Ok(())
    }
}

/// One that was not dismissed is of no use to anybody.
impl Drop for Hand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
