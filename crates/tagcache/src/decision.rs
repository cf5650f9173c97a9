//! What compute-through does next: one table over what was seen, what the policy says and how the lease stands. Pure: no
//! clock, no file, no chance. `docs/DESIGN.md` shows the same table, and a test holds them together.

use std::time::Duration;

use crate::lookup::Stale;
use crate::policy::{AfterWait, Rules};

/// What a look saw, as far as it matters for what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Fresh,
    /// Fresh, and chance has it that this caller refreshes it before its time.
    Early,
    /// True once, and never invalidated; expired for so long. A softly expired value need not be overdue at all.
    Stale {
        kind: Stale,
        overdue: Duration,
    },
    /// Nothing that may be served to anybody, for whatever reason.
    Missing,
}

/// What the caller asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// A value.
    Value,
    /// A value, at once where there is one: it is refreshed behind the caller.
    Behind,
    /// A new value.
    New,
}

/// How the lease stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lease {
    /// Nobody asked for it.
    Unasked,
    /// This caller has it.
    Yours,
    /// This caller has it, and the last computation failed a short while ago.
    BackingOff,
    /// Somebody else has it.
    Busy,
    /// This caller has it already, from an outer computation.
    HeldHere,
    /// Its holder waits for this caller.
    Cycle,
    /// Its last holder, for whom this caller waited, stored nothing on purpose or could not, so the next one would not
    /// either.
    Unshared,
    /// It cannot be asked for.
    OutOfReach,
    /// Somebody else has it, and the wait limit is over.
    WaitedTooLong,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The value that was seen is fresh: return it.
    Use,
    /// Return the old value.
    Serve,
    /// Return the old value, in place of the error that another computation would end with.
    StandIn,
    /// Ask for the lease.
    Ask,
    /// Compute under the lease, and store.
    Compute,
    /// Return the value that was seen, and compute under the lease behind the caller.
    Refresh,
    /// Wait, look and ask again.
    Wait,
    /// Compute without the lease, and do not store.
    Uncached,
    /// Say why there is no value. Who has a closure and cannot say it computes without the lease.
    Fail,
}

/// A row of the table: what was seen, in the eyes of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// Whatever was seen, a new value is asked for.
    Forced,
    Fresh,
    Early,
    /// Old, and served while somebody refreshes it.
    Served,
    /// Old, and only to stand in for an error.
    StandsIn,
    /// Old, kept back as long as a new one can be had.
    Spare,
    Missing,
}

fn row(sight: Sight, rules: &Rules, demand: Demand) -> Row {
    match sight {
        _ if demand == Demand::New => Row::Forced,
        Sight::Fresh => Row::Fresh,
        Sight::Early => Row::Early,
        Sight::Missing => Row::Missing,
        Sight::Stale { overdue, .. } => {
            let is_kept = overdue < rules.keep_stale;
            match (is_kept && rules.stale_while_refresh, overdue < rules.stale_if_error, is_kept) {
                (true, _, _) => Row::Served,
                (false, true, _) => Row::StandsIn,
                (false, false, true) => Row::Spare,
                (false, false, false) => Row::Missing,
            }
        }
    }
}

/// What to do next.
pub(crate) fn decide(sight: Sight, rules: &Rules, demand: Demand, lease: Lease) -> Step {
    match row(sight, rules, demand) {
        Row::Fresh => Step::Use,
        Row::Early => with_a_fresh_value(lease, demand),
        Row::Served => with_an_old_value(lease, demand),
        Row::StandsIn => match lease {
            Lease::BackingOff => Step::StandIn,
            lease => without_a_value(lease, rules, true),
        },
        Row::Spare => without_a_value(lease, rules, true),
        Row::Missing | Row::Forced => without_a_value(lease, rules, false),
    }
}

/// Refreshed before its time if that costs nobody anything.
fn with_a_fresh_value(lease: Lease, demand: Demand) -> Step {
    match lease {
        Lease::Unasked => Step::Ask,
        Lease::Yours => here_or_behind(demand),
        _ => Step::Use,
    }
}

/// The seed's rule: whoever gets the lease computes, everybody else is served the old value at once.
fn with_an_old_value(lease: Lease, demand: Demand) -> Step {
    match lease {
        Lease::Unasked => Step::Ask,
        Lease::Yours => here_or_behind(demand),
        // Nobody would ever refresh it, so it would be served as long as it is kept.
        Lease::OutOfReach => Step::Fail,
        _ => Step::Serve,
    }
}

fn without_a_value(lease: Lease, rules: &Rules, is_old_one_kept: bool) -> Step {
    match lease {
        Lease::Unasked => Step::Ask,
        Lease::Yours | Lease::BackingOff => Step::Compute,
        Lease::Busy => Step::Wait,
        Lease::HeldHere | Lease::OutOfReach => Step::Fail,
        // Who waits on would wait for nothing.
        Lease::Cycle | Lease::Unshared => Step::Uncached,
        Lease::WaitedTooLong => match rules.after_wait {
            AfterWait::ServeStale if is_old_one_kept => Step::Serve,
            AfterWait::Compute | AfterWait::ServeStale => Step::Uncached,
            AfterWait::Fail => Step::Fail,
        },
    }
}

fn here_or_behind(demand: Demand) -> Step {
    if demand == Demand::Behind { Step::Refresh } else { Step::Compute }
}

/// What a caller gets whose computation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterError {
    /// The error.
    Raise,
    /// The fresh value that there is.
    Use,
    /// The old value.
    StandIn,
}

/// Decides by a look that was taken after the error: what was invalidated while the computation ran is not there any
/// more. `before` is what was seen before it.
pub(crate) fn after_error(before: Sight, after: Sight, rules: &Rules, demand: Demand) -> AfterError {
    let forgives = !rules.stale_if_error.is_zero() || before == Sight::Early;
    match after {
        // Whoever asked for a new value wants to know that there is none.
        _ if demand == Demand::New => AfterError::Raise,
        Sight::Fresh | Sight::Early if forgives => AfterError::Use,
        Sight::Stale { overdue, .. } if overdue < rules.stale_if_error => AfterError::StandIn,
        _ => AfterError::Raise,
    }
}

#[cfg(test)]
mod page;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod table;
