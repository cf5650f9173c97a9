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
    /// The latest modification time that the filesystem holds. It stands for every expiry from there on.
    pub(crate) latest: Time,
}

/// What a record says about its times, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    created_at: u64,
    expires_at: u64,
    keep_until: u64,
}

impl From<&Facts> for Life {
    fn from(facts: &Facts) -> Self {
        Self { created_at: facts.created_at, expires_at: facts.expires_at, keep_until: facts.keep_until }
    }
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
    judge_age(meta, facts.into(), now, expected.latest)
}

/// Judges the age alone: of what is true, and of the kind that was asked for.
pub(crate) fn judge_age(meta: &Meta, life: Life, now: Time, latest: Time) -> Verdict {
    let nanos = now.as_nanos();
    if life.keep_until <= nanos {
        return Verdict::TooOld;
    }
    if life.created_at.saturating_sub(nanos) > FUTURE_TOLERANCE_NANOS {
        return Verdict::FromTheFuture;
    }
    // Whichever is earlier: a tool outside can only shorten a life. Of an expiry beyond the range of the filesystem the
    // inode says only that it is not earlier.
    if life.expires_at <= nanos || meta.mtime <= now && meta.mtime < latest {
        return Verdict::Expired;
    }
    if meta.soft { Verdict::SoftlyExpired } else { Verdict::Fresh }
}

/// Whether a sweep keeps an entry: it can still be served, to somebody, as fresh or as stale.
pub(crate) fn is_worth_keeping(
    meta: &Meta,
    facts: &Facts,
    links: u64,
    now: Time,
    boot: [u8; 16],
    latest: Time,
) -> bool {
    // Codec and schema are no matter: another program may know them.
    let expected = Expected { codec: facts.codec, schema: facts.schema, boot, latest };
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

#[cfg(test)]
mod tests {
    use tagcache_fs::sys::{FileKind, Stat};
    use tagcache_record::header::NEVER;

    use super::*;

    const NOW: u64 = 1_000_000_000_000_000;
    const LINKS: u64 = 3;
    const EXPECTED: Expected = Expected { codec: 5, schema: 7, boot: [9; 16], latest: Time::MAX };

    /// An entry that is fresh now and at no later nanosecond; kept ten nanoseconds longer.
    fn fresh() -> (Stat, Facts) {
        let expiry = NOW + 1;
        let stat = Stat {
            dev: 1,
            ino: 2,
            nlink: LINKS,
            size: 100,
            mtime: Time::from_nanos(expiry),
            atime: Time::EPOCH,
            ctime: Time::EPOCH,
            mode: 0o600,
            kind: FileKind::File,
            allocated: 4096,
        };
        let facts = Facts {
            codec: EXPECTED.codec,
            schema: EXPECTED.schema,
            created_at: NOW - 100,
            expires_at: expiry,
            keep_until: expiry + 10,
            ..Facts::default()
        };
        (stat, facts)
    }

    /// The verdict on that entry after a change, and whether a sweep keeps it.
    fn after(change: impl FnOnce(&mut Stat, &mut Facts)) -> (Verdict, bool) {
        let (mut stat, mut facts) = fresh();
        change(&mut stat, &mut facts);
        let (meta, now) = (Meta::from(stat), Time::from_nanos(NOW));
        let kept = is_worth_keeping(&meta, &facts, LINKS, now, EXPECTED.boot, EXPECTED.latest);
        (judge(&meta, &facts, LINKS, now, &EXPECTED), kept)
    }

    #[test]
    fn an_entry_that_is_whole_and_before_its_expiry_is_fresh() {
        assert_eq!(after(|_, _| {}), (Verdict::Fresh, true));
        assert_eq!(after(|_, facts| facts.boot = EXPECTED.boot), (Verdict::Fresh, true));
    }

    #[test]
    fn the_names_say_whether_it_is_true() {
        assert_eq!(after(|stat, _| stat.nlink -= 1), (Verdict::Detached, false));
        assert_eq!(after(|stat, _| stat.nlink += 1), (Verdict::ForeignLink, false));
        assert_eq!(after(|stat, _| stat.mtime = Time::EPOCH), (Verdict::Poisoned, false));
    }

    #[test]
    fn poison_is_seen_whatever_the_count_says() {
        for nlink in [0, LINKS - 1, LINKS, LINKS + 1] {
            let poisoned = after(|stat, _| (stat.nlink, stat.mtime) = (nlink, Time::EPOCH));
            assert_eq!(poisoned, (Verdict::Poisoned, false), "{nlink} names");
        }
    }

    #[test]
    fn it_is_fresh_until_the_earlier_of_its_two_times() {
        assert_eq!(after(|stat, _| stat.mtime = Time::from_nanos(NOW)), (Verdict::Expired, true));
        assert_eq!(after(|_, facts| facts.expires_at = NOW), (Verdict::Expired, true));
        assert_eq!(after(|stat, _| stat.mtime = Time::MAX), (Verdict::Fresh, true));
        assert_eq!(
            after(|_, facts| (facts.expires_at, facts.keep_until) = (NEVER, NEVER)),
            (Verdict::Fresh, true)
        );
    }

    #[test]
    fn beyond_its_keeping_time_it_is_too_old() {
        let expired_since = |nanos: u64| {
            after(|_, facts| (facts.expires_at, facts.keep_until) = (NOW - nanos, NOW - nanos + 10))
        };
        assert_eq!(expired_since(9), (Verdict::Expired, true));
        assert_eq!(expired_since(10), (Verdict::TooOld, false));
    }

    #[test]
    fn of_an_expiry_beyond_the_range_of_the_filesystem_only_the_record_knows() {
        let latest = Time::from_nanos(NOW - 5);
        let expected = Expected { latest, ..EXPECTED };
        let (mut stat, mut facts) = fresh();
        // As it is held where times end before it; and the end has passed.
        stat.mtime = latest;
        let judge = |stat: Stat, facts: &Facts| {
            judge(&Meta::from(stat), facts, LINKS, Time::from_nanos(NOW), &expected)
        };
        assert_eq!(judge(stat, &facts), Verdict::Fresh, "not lost before its time");
        facts.expires_at = NOW;
        assert_eq!(judge(stat, &facts), Verdict::Expired, "and not immortal");
        stat.mtime = Time::from_nanos(NOW - 6);
        facts.expires_at = NOW + 1;
        assert_eq!(judge(stat, &facts), Verdict::Expired, "a tool outside may shorten it");
    }

    #[test]
    fn made_more_than_a_minute_from_now_it_comes_from_the_future() {
        let made_in = |nanos: u64| after(|_, facts| facts.created_at = NOW + nanos).0;
        assert_eq!(made_in(FUTURE_TOLERANCE_NANOS), Verdict::Fresh);
        assert_eq!(made_in(FUTURE_TOLERANCE_NANOS + 1), Verdict::FromTheFuture);
    }

    #[test]
    fn soft_expiry_counts_while_nothing_else_does() {
        assert_eq!(after(|stat, _| stat.mode = 0o400), (Verdict::SoftlyExpired, true));
        let expired = after(|stat, facts| (stat.mode, facts.expires_at) = (0o400, NOW));
        assert_eq!(expired, (Verdict::Expired, true));
    }

    #[test]
    fn what_another_program_wrote_is_not_served_and_is_kept() {
        assert_eq!(after(|_, facts| facts.codec = 6), (Verdict::OtherCodec, true));
        assert_eq!(after(|_, facts| facts.schema = 8), (Verdict::OtherSchema, true));
    }

    #[test]
    fn what_another_boot_wrote_is_neither_served_nor_kept() {
        assert_eq!(after(|_, facts| facts.boot = [8; 16]), (Verdict::OtherBoot, false));
    }

    #[test]
    fn truth_comes_before_identity_and_identity_before_age() {
        let everything_wrong = |stat: &mut Stat, facts: &mut Facts| {
            (facts.boot, facts.codec, facts.schema) = ([8; 16], 6, 8);
            (facts.expires_at, facts.keep_until, stat.mode) = (1, 1, 0o400);
        };
        assert_eq!(after(everything_wrong).0, Verdict::OtherBoot);
        let codec = |stat: &mut Stat, facts: &mut Facts| {
            everything_wrong(stat, facts);
            facts.boot = ANY_BOOT;
        };
        assert_eq!(after(codec).0, Verdict::OtherCodec);
        let detached = |stat: &mut Stat, facts: &mut Facts| {
            everything_wrong(stat, facts);
            stat.nlink = 1;
        };
        assert_eq!(after(detached).0, Verdict::Detached);
    }
}
