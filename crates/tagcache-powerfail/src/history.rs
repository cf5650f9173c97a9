//! The record, put together: one act for each call, with the places of its begin, its mark and its end.

use std::collections::HashMap;
use std::fmt;

use crate::deed::{Deed, Goods};
use crate::record::{Cut, Line, Outcome};
use crate::value::Author;

/// One call of one process.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who made it.
    pub author: Author,
    /// What it was.
    pub deed: Deed,
    /// Not before this.
    pub begun: u64,
    /// Its place in the log was taken before this, if it got so far.
    pub marked: Option<u64>,
    /// Not after this, and how it ended.
    pub ended: Option<(u64, Outcome)>,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [begun {}", self.author, self.deed, self.begun)?;
        if let Some(marked) = self.marked {
            write!(f, ", marked {marked}")?;
        }
        match &self.ended {
            Some((at, Outcome::Failed(why))) => write!(f, ", failed {at}: {why:.80}]"),
            Some((at, outcome)) => write!(f, ", {outcome:?} {at}]"),
            None => f.write_str(", not returned]"),
        }
    }
}

impl Act {
    /// Whether it had returned, and well, when the power went.
    #[must_use]
    pub fn is_done_before(&self, cut: &Cut) -> bool {
        matches!(&self.ended, Some((at, Outcome::Done)) if *at <= cut.returned)
    }

    /// Whether its value was computed before `other` began, for certain.
    fn is_computed_before(&self, other: &Self) -> bool {
        self.marked.is_some_and(|marked| marked < other.begun)
    }

    /// Whether some of it may have happened behind that place.
    fn may_reach_behind(&self, place: u64) -> bool {
        self.ended.as_ref().is_none_or(|(at, _)| *at > place)
    }
}

/// Everything that the record says.
#[derive(Debug, Default)]
pub struct History {
    acts: Vec<Act>,
    of: HashMap<Author, usize>,
}

impl History {
    /// Puts the lines of a record together.
    ///
    /// # Errors
    /// When they do not fit together: an end without a begin, say.
    pub fn new(lines: Vec<(u64, Line)>) -> Result<Self, String> {
        let mut history = Self::default();
        for (at, line) in lines {
            match line {
                Line::Begin(author, deed) => {
                    history.of.insert(author, history.acts.len());
                    history.acts.push(Act { author, deed, begun: at, marked: None, ended: None });
                }
                Line::Marked(author) => {
                    // A fill says so when its computation begins, and again when it makes its draft.
                    history.act_mut(author)?.marked.get_or_insert(at);
                }
                Line::End(author, outcome) => history.act_mut(author)?.ended = Some((at, outcome)),
                Line::Cut(cut) => history.end_all(&cut, at),
            }
        }
        Ok(history)
    }

    fn act_mut(&mut self, author: Author) -> Result<&mut Act, String> {
        let index = self.of.get(&author).copied();
        index
            .and_then(|index| self.acts.get_mut(index))
            .ok_or_else(|| format!("the record has no begin of {author}"))
    }

    /// What had not returned when the power went has no effect behind `at`, and promises nothing; what began later never
    /// was.
    fn end_all(&mut self, cut: &Cut, at: u64) {
        let alive = self.acts.partition_point(|act| act.begun <= cut.begun);
        for act in self.acts.drain(alive..) {
            self.of.remove(&act.author);
        }
        for act in self.acts.iter_mut().filter(|act| act.may_reach_behind(cut.returned)) {
            act.ended = Some((at, Outcome::Failed("the power was cut".into())));
        }
    }

    /// The calls that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Act> {
        self.acts.iter().filter(|act| matches!(act.ended, Some((_, Outcome::Failed(_)))))
    }

    /// All calls, in the order in which they began.
    #[must_use]
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// The call that wrote a value.
    #[must_use]
    pub fn act(&self, author: Author) -> Option<&Act> {
        self.of.get(&author).and_then(|index| self.acts.get(*index))
    }

    /// How many hard invalidations had returned.
    #[must_use]
    pub fn invalidations(&self, cut: &Cut) -> u64 {
        self.acts.iter().filter(|act| act.deed.invalidates() && act.is_done_before(cut)).count() as u64
    }

    /// The hard invalidation for which this value is dead, if there is one: it began after the computation and had
    /// returned when the power went.
    #[must_use]
    pub fn killer(&self, act: &Act, goods: &Goods, cut: &Cut) -> Option<&Act> {
        self.acts.iter().find(|other| {
            other.deed.kills(goods) && act.is_computed_before(other) && other.is_done_before(cut)
        })
    }

    /// The soft expiry for which this value is not fresh.
    #[must_use]
    pub fn ager(&self, act: &Act, goods: &Goods, cut: &Cut) -> Option<&Act> {
        self.acts.iter().find(|other| {
            other.deed.ages(goods) && act.is_computed_before(other) && other.is_done_before(cut)
        })
    }

    /// The values that had been stored when the power went, and that nobody can have touched since: where puts are
    /// durable each of them must be there.
    #[must_use]
    pub fn untouched(&self, cut: &Cut) -> Vec<(&Act, &Goods)> {
        let stored = self.acts.iter().filter(|act| act.is_done_before(cut));
        let values = stored.filter_map(|act| Some((act, act.deed.goods()?)));
        // Only the last of a key can be one.
        let last: HashMap<&str, (&Act, &Goods)> =
            values.map(|(act, goods)| (goods.key.as_str(), (act, goods))).collect();
        let mut untouched: Vec<_> =
            last.into_values().filter(|(act, goods)| !self.is_touched(act, goods, cut)).collect();
        untouched.sort_by_key(|(act, _)| act.begun);
        untouched
    }

    fn is_touched(&self, act: &Act, goods: &Goods, cut: &Cut) -> bool {
        let end = act.ended.as_ref().map_or(u64::MAX, |(at, _)| *at);
        self.acts.iter().any(|other| {
            if other.author == act.author || other.begun > cut.begun || !other.may_reach_behind(act.begun) {
                return false;
            }
            match (&other.deed, &other.ended) {
                // A sweep that meets a put at the same instant may cost that put.
                (Deed::Sweep, _) => other.begun < end,
                (Deed::Fill(_), Some((_, Outcome::NotStored))) => false,
                (deed, _) => deed.takes(goods),
            }
        })
    }

    /// The calls that have to do with a value, for the story of a violation: the last few before `until`.
    #[must_use]
    pub fn story(&self, goods: &Goods, until: u64) -> Vec<&Act> {
        let concerns = |act: &&Act| act.deed.takes(goods) || act.deed.ages(goods);
        let mut story: Vec<&Act> =
            self.acts.iter().filter(|act| act.begun <= until).filter(concerns).collect();
        let from = story.len().saturating_sub(12);
        story.split_off(from)
    }
}
