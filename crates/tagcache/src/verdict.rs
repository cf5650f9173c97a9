//! The one place that decides whether a record may be served. A pure function: no clock, no file.

use tagcache_fs::{Meta, Standing, Time};
use tagcache_record::Facts;
use tagcache_record::header::ANY_BOOT;

/// How far ahead of our clock a record may say that it was made. Beyond that the clock was set back, and nothing that
/// the record says about time can be believed.
const FUTURE_TOLERANCE_NANOS: u64 = 60_000_000_000;

/// What a reader expects of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) codec: u32,
    pub(crate) schema: u64,
    pub(crate) boot: [u8; 16],
}

/// What is to be thought of an entry whose record could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fresh,
    /// Past its expiry, and not yet too old to be served while somebody refreshes it.
    Expired,
    /// To be refreshed, by a soft expiry.
    SoftlyExpired,
    /// Made later than now: the clock was set back.
    FromTheFuture,
    /// Expired for longer than it may be served stale.
    TooOld,
    Poisoned,
    Detached,
    ForeignLink,
    OtherCodec,
    OtherSchema,
    OtherBoot,
}

/// Judges by what the inode said, what the record says, and the time. Truth comes before identity, identity before
/// freshness: what was taken away is never looked at any further.
pub(crate) fn judge(meta: &Meta, facts: &Facts, links: u64, now: Time, expected: &Expected) -> Verdict {
    match meta.standing(links) {
        Standing::Poisoned => return Verdict::Poisoned,
        Standing::Detached => return Verdict::Detached,
        Standing::ForeignLink => return Verdict::ForeignLink,
        Standing::Whole => {}
    }
    if facts.boot != ANY_BOOT && facts.boot != expected.boot {
        return Verdict::OtherBoot;
    }
    if facts.codec != expected.codec {
        return Verdict::OtherCodec;
    }
    if facts.schema != expected.schema {
        return Verdict::OtherSchema;
    }
    judge_age(meta, facts, now)
}

fn judge_age(meta: &Meta, facts: &Facts, now: Time) -> Verdict {
    let nanos = now.as_nanos();
    if facts.keep_until <= nanos {
        return Verdict::TooOld;
    }
    if facts.created_at.saturating_sub(nanos) > FUTURE_TOLERANCE_NANOS {
        return Verdict::FromTheFuture;
    }
    // Whichever is earlier: a tool outside can only shorten a life.
    if facts.expires_at <= nanos || meta.mtime <= now {
        return Verdict::Expired;
    }
    if meta.soft { Verdict::SoftlyExpired } else { Verdict::Fresh }
}

/// Whether a sweep keeps an entry: it can still be served, to somebody, as fresh or as stale.
pub(crate) fn is_worth_keeping(meta: &Meta, facts: &Facts, links: u64, now: Time, boot: [u8; 16]) -> bool {
    // Codec and schema are no matter: another program may know them.
    let expected = Expected { codec: facts.codec, schema: facts.schema, boot };
    match judge(meta, facts, links, now, &expected) {
        Verdict::Fresh | Verdict::Expired | Verdict::SoftlyExpired | Verdict::FromTheFuture => true,
        Verdict::TooOld
        | Verdict::Poisoned
        | Verdict::Detached
        | Verdict::ForeignLink
        | Verdict::OtherBoot
        | Verdict::OtherCodec
        | Verdict::OtherSchema => false,
    }
}
