//! Several at once: threads of this process, or processes.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::suites::task::{Doer, Task};

/// Who works at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Threads that share one cache.
    Threads,
    /// Processes that have one each, at one directory.
    Processes,
}

/// What a process of a crew was started for, as words of its command line.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) task: Task,
    pub(crate) doer: Doer,
    pub(crate) path: PathBuf,
    pub(crate) index: usize,
}

/// All of them. Dropping it ends them.
pub(crate) struct Crew {
    hands: Vec<Hand>,
}

enum Hand {
    Thread { tell: Option<Sender<u64>>, hear: Receiver<Duration>, thread: Option<JoinHandle<()>> },
    Process { child: Child, tell: Option<ChildStdin>, hear: BufReader<ChildStdout> },
}

impl Crew {
    /// So many of them, at a tree that is prepared here.
    pub(crate) fn hire(who: Who, count: usize, task: Task, doer: Doer, path: &Path) -> Self {
        task.prepare(path);
        let shared = task.share(path);
        let hire = |index| match who {
            Who::Threads => {
                let (shared, path) = (shared.clone(), path.to_owned());
                thread(move || task.worker(doer, &path, Some(shared), index))
            }
            Who::Processes => process(&Post { task, doer, path: path.to_owned(), index }),
        };
        Self { hands: (0..count).map(hire).collect() }
    }

    /// So many operations, an equal share for each. The time is such that two who do not hinder each other need half
    /// of what one does.
    #[allow(clippy::cast_precision_loss)] // counts are small
    pub(crate) fn run(&mut self, count: u64) -> Duration {
        let share = count.div_ceil(self.hands.len() as u64);
        self.hands.iter_mut().for_each(|hand| hand.tell(share));
        let times: Vec<Duration> = self.hands.iter_mut().map(Hand::hear).collect();
        let rate: f64 = times.iter().map(|time| share as f64 / time.as_secs_f64().max(1e-9)).sum();
        Duration::from_secs_f64(count as f64 / rate)
    }
}

impl Hand {
    fn tell(&mut self, count: u64) {
        match self {
            Self::Thread { tell, .. } => {
                tell.as_ref().expect("it is not dropped").send(count).expect("the thread works");
            }
            Self::Process { tell, .. } => {
                writeln!(tell.as_mut().expect("it is not dropped"), "{count}").expect("the process works");
            }
        }
    }

    fn hear(&mut self) -> Duration {
        match self {
            Self::Thread { hear, .. } => hear.recv().expect("the thread works"),
            Self::Process { hear, .. } => {
                let mut line = String::new();
                hear.read_line(&mut line).expect("the process works");
                Duration::from_nanos(line.trim().parse().expect("a process answers with nanoseconds"))
            }
        }
    }
}

/// Its worker is made where it works: what it holds need not be sent.
fn thread<W: FnMut(u64) -> Duration>(make: impl FnOnce() -> W + Send + 'static) -> Hand {
    let (tell, told) = channel();
    let (say, hear) = channel();
    let thread = thread::spawn(move || {
        let mut work = make();
        for count in told {
            let _ = say.send(work(count));
        }
    });
    Hand::Thread { tell: Some(tell), hear, thread: Some(thread) }
}

fn process(post: &Post) -> Hand {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["worker", post.task.word(), post.doer.word(), &post.index.to_string()])
        .arg(&post.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program knows the word `worker`");
    let (tell, hear) = (child.stdin.take(), child.stdout.take().expect("it is piped"));
    Hand::Process { child, tell, hear: BufReader::new(hear) }
}

/// The other side of [`process`]: works as often as each line says, and answers with nanoseconds.
pub(crate) fn obey(post: &Post, lines: impl BufRead, mut answers: impl Write) -> Result<(), Box<dyn Error>> {
    let mut work = post.task.worker(post.doer, &post.path, None, post.index);
    for line in lines.lines() {
        let took = work(line?.trim().parse()?);
        writeln!(answers, "{}", took.as_nanos())?;
        answers.flush()?;
    }
    Ok(())
}

/// Nobody is told anything more, and so they end.
impl Drop for Hand {
    fn drop(&mut self) {
        match self {
            Self::Thread { tell, thread, .. } => {
                drop(tell.take());
                thread.take().map(JoinHandle::join);
            }
            Self::Process { child, tell, .. } => {
                drop(tell.take());
                let _ = child.wait();
            }
        }
    }
}
