//! Threads and processes: what several do at once takes them all, beside as many who make the bare calls.

use std::time::Duration;

use crate::crew::{Crew, Who};
use crate::pair::Pace;
use crate::suites::task::{Doer, MOST, Task};
use crate::{Pair, Place, Side};

/// Long enough that waking everybody up does not count, and that all have their turns on fewer processors several times: who
/// is done before its first turn ends has met nobody.
const SLICE: Duration = Duration::from_millis(50);
const THREADS: [usize; 4] = [1, 2, 4, MOST];
const PROCESSES: [usize; 3] = [1, 2, 4];

/// 1 to 8 threads that share a cache.
#[must_use]
pub fn threads(place: &Place) -> Vec<Pair> {
    pairs(place, Who::Threads, &THREADS)
}

/// 1 to 4 processes at one directory.
#[must_use]
pub fn processes(place: &Place) -> Vec<Pair> {
    pairs(place, Who::Processes, &PROCESSES)
}

fn pairs(place: &Place, who: Who, counts: &[usize]) -> Vec<Pair> {
    Task::ALL
        .iter()
        .flat_map(|&task| counts.iter().map(move |&count| pair(place, who, count, task)))
        .collect()
}

fn pair(place: &Place, who: Who, count: usize, task: Task) -> Pair {
    let word = if who == Who::Threads { "thread" } else { "process" };
    let many = match (who, count) {
        (_, 1) => "",
        (Who::Threads, _) => "s",
        (Who::Processes, _) => "es",
    };
    let side = |doer: Doer| {
        let path = place.path(&format!("{word}-{}-{}", task.word(), doer.word()));
        Side::new(move || {
            let mut crew = Crew::hire(who, count, task, doer, &path);
            move |times| crew.run(times)
        })
    };
    let [ours, floor] = Doer::ALL.map(side);
    Pair::new(format!("{}/{count} {word}{many}", task.title()), ours, floor).at(Pace::Slices(SLICE))
}
