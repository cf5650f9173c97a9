//! The same small test for every peer: whoever does not do the job is not measured at it.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tagcache_benches::article::Article;

use crate::crew::{Hand, Office};
use crate::job::{self, Articles};
use crate::peer::{Item, Kind, Level, Outcome, Peer, Settings};
use crate::worker::{Answer, Command};

/// How long a value is fresh that is not to expire.
pub const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long one is fresh that is to expire. The clock of a peer cannot be set.
const MOMENT: Duration = Duration::from_millis(30);
/// After that an expiry did not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// Does the whole test at one level, in a new directory.
///
/// # Errors
/// When the peer fails, or does not do what the job asks for: the text says what.
pub fn check(kind: &'static Kind, level: Level, dir: &Path, office: &Office) -> Outcome<()> {
    let step = |name: &str, test: &dyn Fn(&Settings) -> Outcome<()>| -> Outcome<()> {
        let dir = dir.join(name.replace(' ', "-"));
        std::fs::create_dir_all(&dir)?;
        let settings = Settings { dir, level, ttl: WEEK };
        test(&settings).map_err(|error| format!("{}, {}: {name}: {error}", kind.name, level.word()).into())
    };
    step("what was put is read", &|settings| what_was_put_is_read(kind, settings))?;
    step("an invalidation takes its tag", &|settings| an_invalidation_takes_its_tag(kind, settings))?;
    step("a replaced value has its new tags", &|settings| a_replaced_value_has_its_new_tags(kind, settings))?;
    step("a value expires", &|settings| a_value_expires(kind, settings))?;
    step("bytes are read", &|settings| bytes_are_read(kind, settings))?;
    if kind.persistent {
        step("it survives closing", &|settings| it_survives_closing(kind, settings))?;
    }
    if kind.processes {
        step("processes see one another", &|settings| processes_see_one_another(kind, settings, office))?;
    }
    Ok(())
}

fn put(peer: &dyn Peer, key: &str, value: &Article, tags: [&str; 2]) -> Outcome<()> {
    peer.put(&Item { key, value, tags })
}

/// What is read, or nothing.
fn read(peer: &dyn Peer, key: &str) -> Outcome<Option<Article>> {
    let mut shown = None;
    let found = peer.read(key, &mut |article| shown = Some(article.clone()))?;
    must(found == shown.is_some(), "it says whether it showed a value")?;
    Ok(shown)
}

fn must(holds: bool, what: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(format!("not so: {what}").into()) }
}

fn what_was_put_is_read(kind: &Kind, settings: &Settings) -> Outcome<()> {
    let peer = (kind.open)(settings)?;
    let mut articles = Articles::new(0);
    must(read(&*peer, "a")?.is_none(), "nothing is there at first")?;
    let (first, second) = (articles.make().clone(), articles.make().clone());
    put(&*peer, "a", &first, ["x", "y"])?;
    put(&*peer, "b", &second, ["x", "z"])?;
    must(read(&*peer, "a")?.as_ref() == Some(&first), "a is what was put")?;
    must(read(&*peer, "b")?.as_ref() == Some(&second), "b is what was put")?;
    put(&*peer, "a", &second, ["x", "y"])?;
    must(read(&*peer, "a")?.as_ref() == Some(&second), "a is what was put last")?;
    must(read(&*peer, "c")?.is_none(), "c was never put")?;
    peer.close()
}

fn an_invalidation_takes_its_tag(kind: &Kind, settings: &Settings) -> Outcome<()> {
    let peer = (kind.open)(settings)?;
    let value = Articles::new(0).make().clone();
    for (key, tags) in [("a", ["x", "y"]), ("b", ["y", "x"]), ("c", ["y", "xx"])] {
        put(&*peer, key, &value, tags)?;
    }
    peer.invalidate("nobody has it")?;
    must(read(&*peer, "a")?.is_some(), "an invalidation of another tag takes nothing")?;
    peer.invalidate("x")?;
    must(read(&*peer, "a")?.is_none(), "a is gone, it had the tag as its first")?;
    must(read(&*peer, "b")?.is_none(), "b is gone, it had the tag as its second")?;
    must(read(&*peer, "c")?.is_some(), "c is there, its tag only begins like that")?;
    put(&*peer, "a", &value, ["x", "y"])?;
    must(read(&*peer, "a")?.is_some(), "what was put after the invalidation is there")?;
    peer.clean()?;
    must(read(&*peer, "a")?.is_some(), "cleaning does not take what is fresh")?;
    must(read(&*peer, "b")?.is_none(), "cleaning does not bring back what is dead")?;
    peer.invalidate("y")?;
    must(read(&*peer, "a")?.is_none(), "the second tag of what was put again is known")?;
    peer.close()
}

fn a_replaced_value_has_its_new_tags(kind: &Kind, settings: &Settings) -> Outcome<()> {
    let peer = (kind.open)(settings)?;
    let value = Articles::new(0).make().clone();
    put(&*peer, "a", &value, ["old", "both"])?;
    put(&*peer, "a", &value, ["both", "new"])?;
    peer.invalidate("old")?;
    must(read(&*peer, "a")?.is_some(), "a tag that it has no longer takes nothing")?;
    peer.invalidate("new")?;
    must(read(&*peer, "a")?.is_none(), "its new tag takes it")?;
    peer.close()
}

fn a_value_expires(kind: &Kind, settings: &Settings) -> Outcome<()> {
    let peer = (kind.open)(&Settings { ttl: MOMENT, ..settings.clone() })?;
    put(&*peer, "a", Articles::new(0).make(), ["x", "y"])?;
    let began = Instant::now();
    while read(&*peer, "a")?.is_some() {
        must(began.elapsed() < PATIENCE, "a value is not shown after its expiry")?;
        thread::sleep(MOMENT / 10);
    }
    peer.close()
}

fn bytes_are_read(kind: &Kind, settings: &Settings) -> Outcome<()> {
    let peer = (kind.open)(settings)?;
    if let Some(raw) = peer.raw() {
        raw.put(&[Item { key: "a", value: b"bytes".as_slice(), tags: ["x", "y"] }])?;
        let mut shown = Vec::new();
        must(raw.read("a", &mut |bytes| shown = bytes.to_vec())?, "a is there")?;
        must(shown == b"bytes", "they are what was put")?;
        raw.invalidate("x")?;
        must(!raw.read("a", &mut |_| ())?, "they are gone with their tag")?;
    }
    peer.close()
}

fn it_survives_closing(kind: &Kind, settings: &Settings) -> Outcome<()> {
    let mut articles = Articles::new(0);
    let (kept, doomed) = (articles.make().clone(), articles.make().clone());
    let peer = (kind.open)(settings)?;
    put(&*peer, "kept", &kept, ["x", "y"])?;
    put(&*peer, "doomed", &doomed, ["x", "dead"])?;
    peer.invalidate("dead")?;
    peer.close()?;

    let peer = (kind.open)(settings)?;
    must(read(&*peer, "kept")?.as_ref() == Some(&kept), "what was put is there again")?;
    must(read(&*peer, "doomed")?.is_none(), "what was invalidated is not")?;
    peer.invalidate("y")?;
    must(read(&*peer, "kept")?.is_none(), "the tags are known still")?;
    peer.close()
}

fn processes_see_one_another(kind: &'static Kind, settings: &Settings, office: &Office) -> Outcome<()> {
    let mut one = office.hire(kind, settings.level, &settings.dir, 0)?;
    // Open, before the other one comes.
    must(!found(&mut one, 5)?, "nothing is there at first")?;
    let mut other = office.hire(kind, settings.level, &settings.dir, 1)?;
    must(!found(&mut other, 5)?, "nothing is there for the other one, either")?;
    one.ask(&Command::Put(5))?;
    must(found(&mut other, 5)?, "the other process sees what was put")?;
    other.ask(&Command::Invalidate(job::tags(5)[1].clone()))?;
    must(!found(&mut one, 5)?, "this one does not see what the other one invalidated")?;
    other.ask(&Command::Put(5))?;
    must(found(&mut one, 5)?, "and sees what the other one put")?;
    one.dismiss()?;
    other.dismiss()
}

fn found(hand: &mut Hand, index: usize) -> Outcome<bool> {
    match hand.ask(&Command::Read(index))? {
        Answer::Found(found) => Ok(found),
        answer => Err(format!("an answer to something else: {answer:?}").into()),
    }
}
