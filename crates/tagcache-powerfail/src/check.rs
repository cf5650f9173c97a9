//! What a reader may find after a power cut, judged by the record. Pure: no file, no clock.

use std::fmt;

use tagcache::Durability;

use crate::deed::Goods;
use crate::history::{Act, History};
use crate::record::Cut;
use crate::value::Value;

/// What a reader got for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A value that may be used.
    Fresh(Vec<u8>),
    /// A value that should be refreshed.
    Stale(Vec<u8>),
    /// None, and the word for why.
    Miss(String),
}

impl Seen {
    fn served(&self) -> Option<&[u8]> {
        match self {
            Self::Fresh(bytes) | Self::Stale(bytes) => Some(bytes),
            Self::Miss(_) => None,
        }
    }
}

/// Something that must not be, with the calls that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, and what was found.
    pub what: String,
    /// The calls that have to do with it, from the record.
    pub story: Vec<String>,
}

impl Violation {
    /// One without a story.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), story: Vec::new() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for line in &self.story {
            write!(f, "\n      {line}")?;
        }
        Ok(())
    }
}

/// One crash state, as far as the record tells what it may be.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What was done.
    pub history: &'a History,
    /// When the power went.
    pub cut: Cut,
    /// What the root promises.
    pub durability: Durability,
    /// Whether the filesystem recovers the names that it had at one time. If it mixes those of several times, a name can
    /// come to mean another file or folder, and what a sweep then finds is foreign to it.
    pub names_hold: bool,
}

impl Case<'_> {
    /// Judges what a reader in the next boot got for a key.
    #[must_use]
    pub fn judge(&self, key: &str, seen: &Seen) -> Option<Violation> {
        let bytes = seen.served()?;
        if self.durability == Durability::Volatile {
            return Some(Violation::new(format!(
                "I2: {key} of an earlier boot is served by a volatile root"
            )));
        }
        let Some(value) = Value::recognise(bytes) else {
            let start = bytes.get(..bytes.len().min(60)).unwrap_or_default().escape_ascii();
            return Some(Violation::new(format!("I1: {key} is served torn: {} bytes, {start}", bytes.len())));
        };
        let act = self.history.act(value.author).filter(|act| act.begun <= self.cut.begun);
        let stored = act.and_then(|act| Some((act, act.deed.goods()?)));
        match stored {
            Some((act, goods)) if is_what_was_stored(&value, goods) && goods.key == key => {
                self.judge_age(act, goods, seen)
            }
            _ => Some(Violation::new(format!(
                "I1: {key} is served with a value that nobody stored there: {value:?}"
            ))),
        }
    }

    fn judge_age(&self, act: &Act, goods: &Goods, seen: &Seen) -> Option<Violation> {
        let author = act.author;
        if let Some(killer) = self.history.killer(act, goods, &self.cut) {
            let what = format!("I2: {} by {author} is served after {killer}", goods.key);
            return Some(self.told(what, goods));
        }
        if let (Seen::Fresh(_), Some(ager)) = (seen, self.history.ager(act, goods, &self.cut)) {
            let what = format!("I3: {} by {author} is served as fresh after {ager}", goods.key);
            return Some(self.told(what, goods));
        }
        None
    }

    /// The values that must be there; none unless puts are durable.
    #[must_use]
    pub fn promised(&self) -> Vec<(&Act, &Goods)> {
        match self.durability {
            Durability::Full => self.history.untouched(&self.cut),
            _ => Vec::new(),
        }
    }

    /// Judges what a reader got for the key of a promised value.
    #[must_use]
    pub fn judge_promise(&self, act: &Act, goods: &Goods, seen: &Seen) -> Option<Violation> {
        let found = seen.served().and_then(Value::recognise);
        if found.as_ref().is_some_and(|value| value.author == act.author) {
            return None;
        }
        let instead = match (found, seen) {
            (Some(value), _) => format!("{} is there", value.author),
            (None, Seen::Miss(why)) => format!("it is a miss: {why}"),
            (None, _) => "it is torn".to_owned(),
        };
        Some(self.told(format!("full durability: {act} should be there, but {instead}"), goods))
    }

    fn told(&self, what: String, goods: &Goods) -> Violation {
        let Cut { returned, begun } = self.cut;
        let mut story: Vec<String> =
            self.history.story(goods, begun).iter().map(ToString::to_string).collect();
        story.push(format!("cut [after {returned}, before {begun}]"));
        Violation { what, story }
    }
}

fn is_what_was_stored(value: &Value, goods: &Goods) -> bool {
    value.key == goods.key && value.tags == goods.tags && value.len == goods.len
}
