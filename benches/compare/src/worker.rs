//! A process that has one peer open and does what it is told, line by line: its memory is its own, and several of them
//! are several processes.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use rustix::fs::syncfs;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use tagcache_benches::article::Article;

use crate::job::{self, Articles, Tags};
use crate::peer::{Bytes, Item, Kind, Level, Outcome, Peer, Settings};
use crate::usage::Memory;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A read of a popular key, decoded.
    Hit,
    /// A read of one of the most popular keys, which a cache in memory has, decoded.
    Hot,
    /// A read of a popular key without decoding.
    Raw,
    /// A read of a key that is not there.
    Miss,
    /// A put under a new key, with two tags.
    PutFresh,
    /// A put over an old value.
    PutOver,
    /// An invalidation of a tag that one entry has.
    Invalidate1,
    /// Of one that a hundred have, per entry.
    Invalidate100,
    /// Of one that a thousand have, per entry.
    Invalidate1000,
    /// What an invalidation leaves for later.
    Clean,
    /// Opening a store that is there, and the first hit.
    Open,
}

/// A line to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum Command {
    /// Put every key.
    Fill,
    /// Read as much as there is, so that what is kept in memory is there.
    Warm,
    /// Leave nothing for the disk to do.
    Settle,
    /// Do that for about so long.
    Run(Op, Duration),
    /// How much memory it has.
    Memory,
    /// Put the key with this number.
    Put(usize),
    /// Whether the key with this number can be read.
    Read(usize),
    /// Invalidate this tag.
    Invalidate(String),
    /// Close the store and end.
    Close,
}

/// A line from a worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// It was done.
    Done,
    /// So much was done.
    Work(Work),
    /// Whether it was there.
    Found(bool),
    /// Its memory, beyond what it had before it opened the store.
    Memory(Memory),
    /// The peer has no such thing.
    NotThere,
    /// The peer said no.
    Failed(String),
}

/// One slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// How many operations.
    pub count: u64,
    /// How long they took.
    pub time: Duration,
    /// How long processors worked for it, in all threads of the process.
    pub busy: Duration,
    /// How many reads found nothing that should have found something.
    pub missed: u64,
}

/// One process.
pub struct Worker {
    kind: &'static Kind,
    settings: Settings,
    process: u32,
    peer: Option<Box<dyn Peer>>,
    keys: Vec<String>,
    tags: Vec<Tags>,
    popular: Vec<usize>,
    hot: Vec<usize>,
    even: Vec<usize>,
    articles: Articles,
    /// Where in the orders it is, and how many new names it has made.
    turn: usize,
    made: usize,
    before: Memory,
}

/// How many items are put in one piece where nobody measures.
const PIECE: usize = 1000;
/// How many new names a slice makes at most: who is quick would have to live with more entries than the others.
const NEW_NAMES: u64 = 500;

impl Worker {
    /// Opens the peer.
    ///
    /// # Errors
    /// Whatever the peer says.
    pub fn new(kind: &'static Kind, settings: Settings, entries: usize, process: u32) -> Outcome<Self> {
        let mut worker = Self {
            kind,
            settings,
            process,
            peer: None,
            keys: (0..entries).map(job::key).collect(),
            tags: (0..entries).map(job::tags).collect(),
            popular: job::popular(entries, process),
            hot: job::hot(entries, process),
            even: job::even(entries, process),
            articles: Articles::new(process),
            turn: 0,
            made: 0,
            before: Memory::default(),
        };
        worker.before = Memory::of_this_process();
        worker.peer = Some((kind.open)(&worker.settings)?);
        Ok(worker)
    }

    /// Obeys until it is told to close, or nobody is there any more.
    ///
    /// # Errors
    /// When the pipes break.
    pub fn obey(mut self, commands: impl BufRead, mut answers: impl Write) -> Outcome<()> {
        for line in commands.lines() {
            let command: Command = serde_json::from_str(&line?)?;
            let closes = matches!(command, Command::Close);
            let answer = self.answer(&command).unwrap_or_else(|error| Answer::Failed(error.to_string()));
            serde_json::to_writer(&mut answers, &answer)?;
            writeln!(answers)?;
            answers.flush()?;
            if closes {
                break;
            }
        }
        Ok(())
    }

    fn answer(&mut self, command: &Command) -> Outcome<Answer> {
        match command {
            Command::Fill => self.fill().map(|()| Answer::Done),
            Command::Warm => self.warm().map(|()| Answer::Done),
            Command::Settle => self.settle().map(|()| Answer::Done),
            Command::Run(op, budget) => Ok(self.run(*op, *budget)?.map_or(Answer::NotThere, Answer::Work)),
            Command::Memory => Ok(Answer::Memory(Memory::of_this_process().since(self.before))),
            Command::Put(index) => self.put_one(*index).map(|()| Answer::Done),
            Command::Read(index) => self.peer()?.read(&job::key(*index), &mut look).map(Answer::Found),
            Command::Invalidate(tag) => self.peer()?.invalidate(tag).map(|()| Answer::Done),
            Command::Close => self.close().map(|()| Answer::Done),
        }
    }

    fn peer(&self) -> Outcome<&dyn Peer> {
        Ok(self.peer.as_deref().ok_or("it is closed")?)
    }

    fn put_one(&mut self, index: usize) -> Outcome<()> {
        let (key, tags) = (job::key(index), job::tags(index));
        let value = self.articles.make();
        let peer = self.peer.as_deref().ok_or("it is closed")?;
        peer.put(&Item { key: &key, value, tags: borrowed(&tags) })
    }

    fn close(&mut self) -> Outcome<()> {
        self.peer.take().map_or(Ok(()), Peer::close)
    }

    fn fill(&mut self) -> Outcome<()> {
        let (keys, tags) = (self.keys.clone(), self.tags.clone());
        self.put_many(&keys, &tags)
    }

    fn warm(&mut self) -> Outcome<()> {
        let peer = self.peer()?;
        let popular = self.popular.iter().take(2 * self.keys.len());
        for index in (0..self.keys.len()).chain(popular.copied()) {
            peer.read(&self.keys[index], &mut look)?;
        }
        self.warm_raw()
    }

    /// The same for bytes, which some have in a store of their own. One process reads them, where nobody waits for the disk.
    fn warm_raw(&mut self) -> Outcome<()> {
        let peer = self.peer.as_deref().ok_or("it is closed")?;
        let Some(raw) = peer.raw().filter(|_| self.process == 0 && self.settings.level == self.kind.lowest())
        else {
            return Ok(());
        };
        if !raw.read(&self.keys[0], &mut look_at_bytes)? {
            fill_raw(raw, &self.keys, &self.tags, &mut self.articles)?;
        }
        let popular = self.popular.iter().take(2 * self.keys.len());
        for index in (0..self.keys.len()).chain(popular.copied()) {
            raw.read(&self.keys[index], &mut look_at_bytes)?;
        }
        Ok(())
    }

    /// Where somebody waits for the disk, he is not to wait for what others have written, or he himself at leisure.
    fn settle(&self) -> Outcome<()> {
        if self.settings.level != Level::Volatile {
            syncfs(File::open(&self.settings.dir)?)?;
        }
        Ok(())
    }

    fn put_many(&mut self, keys: &[String], tags: &[Tags]) -> Outcome<()> {
        for (keys, tags) in keys.chunks(PIECE).zip(tags.chunks(PIECE)) {
            let values: Vec<Article> = keys.iter().map(|_| self.articles.make().clone()).collect();
            let items: Vec<Item<'_, Article>> = (keys.iter().zip(tags).zip(&values))
                .map(|((key, tags), value)| Item { key, value, tags: borrowed(tags) })
                .collect();
            self.peer()?.put_many(&items)?;
        }
        Ok(())
    }

    /// Nothing if the peer cannot do that.
    fn run(&mut self, op: Op, budget: Duration) -> Outcome<Option<Work>> {
        match op {
            Op::Hit => self.hit(|worker| &worker.popular, budget).map(Some),
            Op::Hot => self.hit(|worker| &worker.hot, budget).map(Some),
            Op::Raw => self.raw(budget),
            Op::Miss => self.miss(budget).map(Some),
            Op::PutFresh => self.put_fresh(budget).map(Some),
            Op::PutOver => self.put_over(budget).map(Some),
            Op::Invalidate1 => self.invalidate(1, 50, budget).map(Some),
            Op::Invalidate100 => self.invalidate(100, 3, budget).map(Some),
            Op::Invalidate1000 => self.invalidate(1000, 1, budget).map(Some),
            Op::Clean => self.clean(),
            Op::Open if self.kind.persistent => self.reopen().map(Some),
            Op::Open => Ok(None),
        }
    }

    fn hit(&mut self, order: fn(&Self) -> &Vec<usize>, budget: Duration) -> Outcome<Work> {
        let peer = self.peer.as_deref().ok_or("it is closed")?;
        let (order, mut turn) = (order(self), self.turn);
        let work = spend(budget, u64::MAX, 64, || {
            turn += 1;
            peer.read(&self.keys[order[turn % order.len()]], &mut look)
        });
        self.turn = turn;
        work
    }

    fn raw(&mut self, budget: Duration) -> Outcome<Option<Work>> {
        let peer = self.peer.as_deref().ok_or("it is closed")?;
        let Some(raw) = peer.raw() else { return Ok(None) };
        let mut turn = self.turn;
        let work = spend(budget, u64::MAX, 64, || {
            turn += 1;
            raw.read(&self.keys[self.popular[turn % self.popular.len()]], &mut look_at_bytes)
        });
        self.turn = turn;
        work.map(Some)
    }

    /// The names exist before the clock runs, as those of the keys do.
    fn miss(&mut self, budget: Duration) -> Outcome<Work> {
        let peer = self.peer.as_deref().ok_or("it is closed")?;
        let absent: Vec<String> = (0..1000).map(|index| format!("section-9/gone-{index}")).collect();
        let mut turn = 0;
        spend(budget, u64::MAX, 64, || {
            turn += 1;
            Ok(!peer.read(&absent[turn % absent.len()], &mut look)?)
        })
    }

    fn put_fresh(&mut self, budget: Duration) -> Outcome<Work> {
        let peer = self.peer.as_deref().ok_or("it is closed")?;
        spend(budget, NEW_NAMES, 1, || {
            self.made += 1;
            let key = format!("fresh-{}/post-{}", self.process, self.made);
            let tags = &self.tags[self.made % self.tags.len()];
            peer.put(&Item { key: &key, value: self.articles.make(), tags: borrowed(tags) })?;
            Ok(true)
        })
    }

    fn put_over(&mut self, budget: Duration) -> Outcome<Work> {
        let peer = self.peer.as_deref().ok_or("it is closed")?;
        let mut turn = self.turn;
        let work = spend(budget, u64::MAX, 1, || {
            turn += 1;
            let index = self.even[turn % self.even.len()];
            let tags = borrowed(&self.tags[index]);
            peer.put(&Item { key: &self.keys[index], value: self.articles.make(), tags })?;
            Ok(true)
        });
        self.turn = turn;
        work
    }

    /// Puts entries that are made for it, `each` of them with one tag, and takes them away tag by tag.
    fn invalidate(&mut self, each: usize, tags: usize, budget: Duration) -> Outcome<Work> {
        self.made += 1;
        let doom = |tag: usize| format!("doom-{}-{}-{tag}", self.process, self.made);
        let dooms: Vec<String> = (0..tags).map(doom).collect();
        let keys: Vec<String> =
            (0..tags * each).map(|index| format!("{}/{index}", dooms[index / each])).collect();
        let tags: Vec<Tags> =
            (0..keys.len()).map(|index| [dooms[index / each].clone(), job::tags(index)[1].clone()]).collect();
        self.put_many(&keys, &tags)?;
        self.settle()?;

        let peer = self.peer()?;
        let watch = Watch::start();
        let mut count = 0;
        for doom in &dooms {
            peer.invalidate(doom)?;
            count += each;
            // Whoever walks everything for each tag is not asked for all of them.
            if watch.time() > 2 * budget {
                break;
            }
        }
        let work = watch.stop(count as u64, 0);
        for key in [&keys[0], &keys[count - 1]] {
            if peer.read(key, &mut look)? {
                return Err(format!("{key} was invalidated, and is there").into());
            }
        }
        Ok(work)
    }

    fn clean(&mut self) -> Outcome<Option<Work>> {
        let watch = Watch::start();
        self.peer()?.clean()?;
        let work = watch.stop(1, 0);
        Ok(self.kind.cleans.then_some(work))
    }

    fn reopen(&mut self) -> Outcome<Work> {
        self.close()?;
        let watch = Watch::start();
        let peer = (self.kind.open)(&self.settings)?;
        let found = peer.read(&self.keys[0], &mut look)?;
        let work = watch.stop(1, u64::from(!found));
        self.peer = Some(peer);
        Ok(work)
    }
}

fn borrowed(tags: &Tags) -> [&str; 2] {
    [&tags[0], &tags[1]]
}

/// A use of a value that no compiler can leave out.
fn look(article: &Article) {
    black_box(article.published + article.html.len() as u64);
}

/// A reader of bytes looks at them: at one in each line of the processor's cache.
fn look_at_bytes(bytes: &[u8]) {
    black_box(bytes.iter().step_by(64).fold(0u8, |sum, byte| sum.wrapping_add(*byte)));
}

fn fill_raw(raw: &dyn Bytes, keys: &[String], tags: &[Tags], articles: &mut Articles) -> Outcome<()> {
    for (keys, tags) in keys.chunks(PIECE).zip(tags.chunks(PIECE)) {
        let values = keys.iter().map(|_| postcard::to_stdvec(articles.make()));
        let values: Vec<Vec<u8>> = values.collect::<Result<_, _>>()?;
        let items: Vec<Item<'_, [u8]>> = (keys.iter().zip(tags).zip(&values))
            .map(|((key, tags), value)| Item { key, value: &value[..], tags: borrowed(tags) })
            .collect();
        raw.put(&items)?;
    }
    Ok(())
}

/// Both clocks.
struct Watch {
    began: Instant,
    busy: Duration,
}

impl Watch {
    fn start() -> Self {
        Self { busy: busy(), began: Instant::now() }
    }

    fn time(&self) -> Duration {
        self.began.elapsed()
    }

    fn stop(&self, count: u64, missed: u64) -> Work {
        Work { count, time: self.time(), busy: busy().saturating_sub(self.busy), missed }
    }
}

/// For how long processors have worked for this process.
fn busy() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (secs, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(secs.unwrap_or_default(), nanos.unwrap_or_default())
}

/// Works until the time is over or there was enough of it, looking at the clock only after every `batch` operations: a clock costs as much as
/// the fastest of them.
fn spend(budget: Duration, limit: u64, batch: u64, mut work: impl FnMut() -> Outcome<bool>) -> Outcome<Work> {
    let watch = Watch::start();
    let (mut count, mut missed) = (0, 0);
    loop {
        for _ in 0..batch {
            missed += u64::from(!work()?);
        }
        count += batch;
        if watch.time() >= budget || count >= limit {
            return Ok(watch.stop(count, missed));
        }
    }
}
