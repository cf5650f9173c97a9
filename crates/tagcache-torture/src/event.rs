//! What is worth telling: the events of the journal.

use std::fmt;

use crate::journal::Ticket;

/// What an invalidation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything with this tag.
    Tag(u16),
    /// This key.
    Key(u16),
    /// All there is.
    Everything,
}

/// How it is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Manner {
    /// For ever.
    Hard,
    /// To be refreshed.
    Soft,
}

/// One thing that happened. `by` is who did it: a number that no two threads of one round share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A value is being computed; its ticket names it from now on.
    Begun {
        /// Whose value.
        key: u16,
        /// Who computes it.
        by: u32,
        /// Under the lease of the key: nobody else may be at it.
        leased: bool,
    },
    /// The computation is over, and the lease still held.
    Computed {
        /// Of which value.
        value: Ticket,
        /// Who computed it.
        by: u32,
    },
    /// The call that stored the value returned, and said that it is stored.
    Stored {
        /// Which value.
        value: Ticket,
        /// Who stored it.
        by: u32,
    },
    /// The database outside changed. An invalidation follows, unless whoever should do it dies.
    Changed {
        /// What changed.
        scope: Scope,
        /// Who changed it.
        by: u32,
    },
    /// The invalidation that follows a change returned, and said that it is complete.
    Invalidated {
        /// The same as of the change.
        scope: Scope,
        /// How.
        manner: Manner,
        /// The change.
        change: Ticket,
    },
    /// A process was killed and is gone, with all its threads.
    Died {
        /// Its first thread.
        first: u32,
    },
}

/// How many threads a process may have: as many numbers are kept for it.
pub const THREADS: u32 = 8;

impl Event {
    /// As bytes: kind, what it is about, name, who, and which other event.
    #[must_use]
    pub fn encode(self) -> [u8; 24] {
        let (kind, about, name, by, ticket) = match self {
            Self::Begun { key, by, leased } => (1, u8::from(leased), key, by, 0),
            Self::Computed { value, by } => (2, 0, 0, by, value),
            Self::Stored { value, by } => (3, 0, 0, by, value),
            Self::Changed { scope, by } => (4, scope.kind(), scope.name(), by, 0),
            Self::Invalidated { scope, manner: Manner::Hard, change } => {
                (5, scope.kind(), scope.name(), 0, change)
            }
            Self::Invalidated { scope, manner: Manner::Soft, change } => {
                (6, scope.kind(), scope.name(), 0, change)
            }
            Self::Died { first } => (7, 0, 0, first, 0),
        };
        let mut bytes = [0; 24];
        bytes[0] = kind;
        bytes[1] = about;
        bytes[2..4].copy_from_slice(&name.to_le_bytes());
        bytes[4..8].copy_from_slice(&by.to_le_bytes());
        bytes[8..16].copy_from_slice(&ticket.to_le_bytes());
        bytes
    }

    /// From the bytes that [`encode`](Self::encode) gives; `None` for all others.
    #[must_use]
    pub fn decode(bytes: [u8; 24]) -> Option<Self> {
        let ([kind, about], rest) = bytes.split_first_chunk()?;
        let (name, rest) = rest.split_first_chunk()?;
        let (by, rest) = rest.split_first_chunk()?;
        let (name, by) = (u16::from_le_bytes(*name), u32::from_le_bytes(*by));
        let ticket = u64::from_le_bytes(*rest.first_chunk()?);
        let event = match kind {
            1 => Self::Begun { key: name, by, leased: *about == 1 },
            2 => Self::Computed { value: ticket, by },
            3 => Self::Stored { value: ticket, by },
            4 => Self::Changed { scope: Scope::of(*about, name)?, by },
            5 => Self::Invalidated { scope: Scope::of(*about, name)?, manner: Manner::Hard, change: ticket },
            6 => Self::Invalidated { scope: Scope::of(*about, name)?, manner: Manner::Soft, change: ticket },
            7 => Self::Died { first: by },
            _ => return None,
        };
        (event.encode() == bytes).then_some(event)
    }
}

impl Scope {
    const fn kind(self) -> u8 {
        match self {
            Self::Tag(_) => 1,
            Self::Key(_) => 2,
            Self::Everything => 3,
        }
    }

    const fn name(self) -> u16 {
        match self {
            Self::Tag(name) | Self::Key(name) => name,
            Self::Everything => 0,
        }
    }

    const fn of(kind: u8, name: u16) -> Option<Self> {
        match kind {
            1 => Some(Self::Tag(name)),
            2 => Some(Self::Key(name)),
            3 => Some(Self::Everything),
            _ => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun { key, by, leased: true } => write!(f, "{by} computes key {key} under its lease"),
            Self::Begun { key, by, leased: false } => write!(f, "{by} makes a value for key {key}"),
            Self::Computed { value, by } => write!(f, "{by} computed {value}"),
            Self::Stored { value, by } => write!(f, "{by} stored {value}"),
            Self::Changed { scope, by } => write!(f, "{by} changes what lies behind {scope}"),
            Self::Invalidated { scope, manner: Manner::Hard, change } => {
                write!(f, "the invalidation of {scope} for change {change} returned")
            }
            Self::Invalidated { scope, manner: Manner::Soft, change } => {
                write!(f, "the soft expiry of {scope} for change {change} returned")
            }
            Self::Died { first } => write!(f, "the process of {first} is dead"),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::Key(key) => write!(f, "key {key}"),
            Self::Everything => f.write_str("everything"),
        }
    }
}
