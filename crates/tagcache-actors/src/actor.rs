//! One process, seen from the test.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for one answer before it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long one of several is listened to before the next.
const GLANCE: Duration = Duration::from_millis(1);

/// A process that does what it is told, one line at a time. It is killed when this is dropped.
#[derive(Debug)]
pub struct Actor {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<String>,
    /// What was said by both, for the message of a failed test.
    dialogue: Vec<String>,
}

impl Drop for Actor {
    fn drop(&mut self) {
        // Most often it is alive and waits for a command.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Actor {
    /// Starts `program` on a root, without opening it; each of its computations adds a line to the file `tally`.
    ///
    /// # Panics
    /// When the process cannot be started.
    #[must_use]
    pub fn spawn(program: &Path, root: &Path, tally: &Path) -> Self {
        let spawned = Command::new(program)
            .args([root, tally])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let mut child = spawned;
        let (Some(commands), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            panic!("the pipes of a child that was started with pipes are gone");
        };
        let (sender, answers) = mpsc::channel();
        // A thread, since a pipe cannot be read with a time limit. It ends with the process.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, commands, answers, dialogue: Vec::new() }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives a command and does not wait for the answer.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn send(&mut self, command: &str) {
        self.dialogue.push(format!("> {command}"));
        if let Err(error) = writeln!(self.commands, "{command}") {
            self.give_up(&format!("takes no command: {error}"));
        }
    }

    /// The next answer.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`], or the process is gone.
    pub fn hear(&mut self) -> String {
        match self.answers.recv_timeout(PATIENCE) {
            Ok(answer) => {
                self.dialogue.push(format!("< {answer}"));
                answer
            }
            Err(RecvTimeoutError::Timeout) => self.give_up(&format!("said nothing for {PATIENCE:?}")),
            Err(RecvTimeoutError::Disconnected) => self.give_up("ended"),
        }
    }

    /// The next answer of any of them, and whose it is.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`].
    pub fn hear_any(actors: &mut [Self]) -> (usize, String) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            for (number, actor) in actors.iter_mut().enumerate() {
                if let Ok(answer) = actor.answers.recv_timeout(GLANCE) {
                    actor.dialogue.push(format!("< {answer}"));
                    return (number, answer);
                }
            }
        }
        panic!("none of {} actors said anything for {PATIENCE:?}", actors.len())
    }

    /// Gives a command and waits for its answer.
    ///
    /// # Panics
    /// As [`send`](Self::send) and [`hear`](Self::hear).
    pub fn ask(&mut self, command: &str) -> String {
        self.send(command);
        self.hear()
    }

    /// Gives a command that must be answered by this.
    ///
    /// # Panics
    /// When another answer comes, or none.
    #[track_caller]
    pub fn expect(&mut self, command: &str, answer: &str) {
        let given = self.ask(command);
        assert_eq!(given, answer, "the answer to `{command}` after\n{}", self.dialogue());
    }

    /// Gives a command during which it must stop before this call.
    ///
    /// # Panics
    /// When it gives another answer, or none.
    #[track_caller]
    pub fn stops(&mut self, command: &str, call: &str) {
        let given = self.ask(command);
        let stopped = given.strip_prefix("at ").and_then(|at| at.split(' ').next());
        assert_eq!(
            stopped,
            Some(call),
            "it should stop there, and said `{given}` after\n{}",
            self.dialogue()
        );
    }

    /// Gives a command and stops it before the call of this kind that comes after so many others; says which that is,
    /// or `None` if there are not so many.
    ///
    /// # Panics
    /// As [`send`](Self::send) and [`hear`](Self::hear).
    pub fn stop_after(&mut self, others: usize, kind: &str, command: &str) -> Option<String> {
        self.expect(&format!("stop-always {kind}"), "ok");
        let mut said = self.ask(command);
        for _ in 0..others {
            if !said.starts_with("at ") {
                break;
            }
            said = self.ask("go");
        }
        said.strip_prefix("at ").map(String::from)
    }

    /// Ends it by `kill -9` where it stands, and waits until it is gone.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            self.give_up(&format!("cannot be killed: {error}"));
        }
    }

    fn dialogue(&self) -> String {
        let from = self.dialogue.len().saturating_sub(40);
        self.dialogue.get(from..).unwrap_or_default().join("\n")
    }

    fn give_up(&self, what: &str) -> ! {
        panic!("the actor with process id {} {what}, after\n{}", self.child.id(), self.dialogue())
    }
}
