//! How far long work is, on standard error, if that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tagcache::Progress;

/// Work that ends before this shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);
const EVERY: Duration = Duration::from_millis(100);
const WIDTH: u32 = 30;

/// Nothing where standard error is no terminal, or one that cannot go back on its line.
pub(crate) fn bar(what: &'static str) -> Option<impl Fn(Progress) + Send + Sync + 'static> {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if dumb || !io::stderr().is_terminal() {
        return None;
    }
    // `TAGCACHE_PROGRESS_AFTER_MS` is for tests, which have little to sweep.
    let patience = std::env::var("TAGCACHE_PROGRESS_AFTER_MS").ok().and_then(|text| text.parse().ok());
    let patience = patience.map_or(PATIENCE, Duration::from_millis);
    let state = Mutex::new(Bar { what, next: Instant::now() + patience, shown: false });
    Some(move |progress| {
        if let Ok(mut bar) = state.lock() {
            bar.show(progress);
        }
    })
}

struct Bar {
    what: &'static str,
    next: Instant,
    shown: bool,
}

impl Bar {
    fn show(&mut self, progress: Progress) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + EVERY;
        self.shown = true;
        let line = line(self.what, progress);
        let _ = write!(io::stderr().lock(), "\r{line}");
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.shown {
            // The line is given back to whatever comes next.
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn line(what: &str, progress: Progress) -> String {
    let of = progress.of.max(1);
    let filled = progress.done.min(of) * WIDTH / of;
    let percent = progress.done.min(of) * 100 / of;
    let bar: String = (0..WIDTH).map(|place| if place < filled { '#' } else { '.' }).collect();
    format!("{what} [{bar}] {percent:3} %")
}
