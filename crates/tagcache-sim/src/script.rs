//! A plan as one line of text, so that a run that chance made up can be told again.
//!
//! `facade;deaths=1;before=Put(0,3);do=Fill(0,1)+Read(0);do=Clear;then=Sweep`: what happens before, what each process does,
//! what each does after a power cut, and what may go wrong. Names and tables are for the plans that have a name.

use std::fmt::Write as _;

use tagcache_fs::sys::FsKind;
use tagcache_fs::{Durability, Layout};

use crate::fs::CrashModel;
use crate::plan::Plan;
use crate::program::{Op, Planted};

impl Plan {
    /// The line.
    ///
    /// ```
    /// use tagcache_sim::{Op, Plan};
    ///
    /// let plan = Plan::new("", &[&[Op::Fill(0, 1), Op::Read(0)], &[Op::Clear]]).deaths(1);
    /// assert_eq!(plan.line(), "deaths=1;do=Fill(0,1)+Read(0);do=Clear");
    /// assert_eq!(Plan::from_line(&plan.line()).expect("what was written is read").line(), plan.line());
    /// ```
    #[must_use]
    pub fn line(&self) -> String {
        let mut parts = Vec::new();
        let flags = [
            (self.facade, "facade"),
            (self.cold, "cold"),
            (self.log_is_full, "log-is-full"),
            (!self.traits.rename_noreplace, "replacing-renames"),
            (self.layout == Layout::Compact, "compact"),
            (self.durability == Durability::Full, "full"),
            (self.durability == Durability::Volatile, "volatile"),
        ];
        parts.extend(flags.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned()));
        if self.traits.kind == FsKind::Local || self.model == CrashModel::Torn {
            parts.push(format!("model={:?}", self.model));
        }
        let budget = self.budget;
        for (name, count) in [("deaths", budget.deaths), ("cuts", budget.cuts), ("faults", budget.faults)] {
            if count > 0 {
                parts.push(format!("{name}={count}"));
            }
        }
        if !self.before.is_empty() {
            parts.push(format!("before={}", ops_text(&self.before)));
        }
        parts.extend(self.processes.iter().map(|ops| format!("do={}", ops_text(ops))));
        parts.extend(self.after.iter().map(|ops| format!("then={}", ops_text(ops))));
        parts.join(";")
    }

    /// Reads it back; `None` for anything else.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let mut plan = Self::new(line, &[]);
        for part in line.split(';') {
            match part.split_once('=').unwrap_or((part, "")) {
                ("facade", "") => plan.facade = true,
                ("cold", "") => plan.cold = true,
                ("log-is-full", "") => plan.log_is_full = true,
                ("replacing-renames", "") => plan.traits.rename_noreplace = false,
                ("compact", "") => plan.layout = Layout::Compact,
                ("full", "") => plan.durability = Durability::Full,
                ("volatile", "") => plan.durability = Durability::Volatile,
                ("model", model) => plan = plan.on(model_named(model)?),
                ("deaths", count) => plan.budget.deaths = count.parse().ok()?,
                ("cuts", count) => plan.budget.cuts = count.parse().ok()?,
                ("faults", count) => plan.budget.faults = count.parse().ok()?,
                ("before", ops) => plan.before = parse_ops(ops)?,
                ("do", ops) => plan.processes.push(parse_ops(ops)?),
                ("then", ops) => plan.after.push(parse_ops(ops)?),
                _ => return None,
            }
        }
        Some(plan)
    }
}

fn model_named(name: &str) -> Option<CrashModel> {
    let models = [CrashModel::Ordered, CrashModel::Unordered, CrashModel::Torn];
    models.into_iter().find(|model| format!("{model:?}") == name)
}

fn ops_text(ops: &[Op]) -> String {
    let mut text = String::new();
    for op in ops {
        let plus = if text.is_empty() { "" } else { "+" };
        // A String takes everything.
        let _ = write!(text, "{plus}{op:?}");
    }
    text.replace(' ', "")
}

fn parse_ops(text: &str) -> Option<Vec<Op>> {
    text.split('+').filter(|op| !op.is_empty()).map(parse_op).collect()
}

fn parse_op(text: &str) -> Option<Op> {
    let (name, arguments) = match text.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')')?),
        None => (text, ""),
    };
    if name == "Plant" {
        return Planted::ALL.into_iter().find(|planted| format!("{planted:?}") == arguments).map(Op::Plant);
    }
    let numbers: Vec<i32> = arguments
        .split(',')
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()?;
    let small: Vec<u8> = numbers.iter().filter_map(|number| u8::try_from(*number).ok()).collect();
    Some(match (name, &numbers[..], &small[..]) {
        ("Fill", _, &[key, tags]) => Op::Fill(key, tags),
        ("FailedFill", _, &[key]) => Op::FailedFill(key),
        ("Put", _, &[key, tags]) => Op::Put(key, tags),
        ("Replace", _, &[key, tags]) => Op::Replace(key, tags),
        ("InvalidateTags", _, &[tags]) => Op::InvalidateTags(tags),
        ("ExpireTags", _, &[tags]) => Op::ExpireTags(tags),
        ("InvalidateAllOf", _, &[tags]) => Op::InvalidateAllOf(tags),
        ("ExpireAllOf", _, &[tags]) => Op::ExpireAllOf(tags),
        ("InvalidateKey", _, &[key]) => Op::InvalidateKey(key),
        ("ExpireKey", _, &[key]) => Op::ExpireKey(key),
        ("Clear", [], _) => Op::Clear,
        ("Sweep", [], _) => Op::Sweep,
        ("Evict", _, &[key]) => Op::Evict(key),
        ("Read", _, &[key]) => Op::Read(key),
        ("Hold", _, &[key]) => Op::Hold(key),
        ("Judge", [], _) => Op::Judge,
        ("Backup", [], _) => Op::Backup,
        ("Forget", [], _) => Op::Forget,
        ("Pass", &[millis], _) => Op::Pass(u16::try_from(millis).ok()?),
        ("Clock", &[seconds], _) => Op::Clock(seconds),
        ("RemoveRoot", [], _) => Op::RemoveRoot,
        _ => return None,
    })
}
