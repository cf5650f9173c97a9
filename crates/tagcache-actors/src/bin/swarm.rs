//! A process with several threads that all ask for one key at once: one of a swarm.
//!
//! It takes a root and a file to count computations in, like `actor`, and knows three commands: `open`, then `ask` KEY
//! VALUE THREADS, which it answers with `asking` and, when all its threads have a value, with `got` and the different
//! values among them; a thread whose turn it is to compute says `computing` first, and waits for `go`.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

use tagcache::{Cache, Policy, Postcard};
use tagcache_actors::PATIENCE;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(root), Some(tally)) = (arguments.next(), arguments.next()) else {
        return Err("it takes a root and a file to count computations in".into());
    };
    let mut cache = None;
    loop {
        let Some(line) = hear()? else { return Ok(()) };
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words.as_slice(), &cache) {
            (["open"], _) => {
                cache = Some(Cache::open(&root)?);
                say("opened")?;
            }
            (["ask", key, value, threads], Some(cache)) => ask(cache, &tally, key, value, threads.parse()?)?,
            _ => return Err(format!("no such command: {line}").into()),
        }
    }
}

/// All threads at once; the answer when the last of them has a value.
fn ask(cache: &Cache<Postcard>, tally: &Path, key: &str, value: &str, threads: usize) -> io::Result<()> {
    let policy = Policy::new().wait_limit(2 * PATIENCE);
    let get = || {
        let hit = cache.try_get_with(key, &policy, |_| {
            OpenOptions::new().create(true).append(true).open(tally)?.write_all(b"computed\n")?;
            say("computing")?;
            // Nobody else reads: the main thread waits for this one.
            hear()?;
            Ok::<_, io::Error>(String::from(value))
        });
        hit.map(tagcache::Hit::into_owned)
    };
    say("asking")?;
    let values: io::Result<BTreeSet<String>> = thread::scope(|scope| {
        let asking: Vec<_> = (0..threads).map(|_| scope.spawn(get)).collect();
        let joined = asking.into_iter().map(ScopedJoinHandle::join);
        joined.map(|value| value.unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))).collect()
    });
    let values: Vec<String> = values?.into_iter().collect();
    say(&format!("got {}", values.join(" ")))
}

/// The next line, if the test is not over.
fn hear() -> io::Result<Option<String>> {
    let mut line = String::new();
    Ok((io::stdin().read_line(&mut line)? > 0).then_some(line))
}

fn say(answer: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{answer}")?;
    stdout.flush()
}
