//! A value as programs cache it.

use serde::{Deserialize, Serialize};

/// An article of a blog with everything that its page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Its name in the address.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub author: Author,
    /// Seconds since the epoch.
    pub published: u64,
    /// Of five stars.
    pub rating: Option<f64>,
    /// How often it was read, hour by hour for a week.
    pub views: Vec<u32>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The rendered text.
    pub html: String,
}

/// Who wrote an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Author {
    /// Their number.
    pub id: u64,
    /// Their name.
    pub name: String,
    /// What they say of themselves.
    pub bio: String,
}

impl Article {
    /// One whose rendered text has about four kilobytes.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            slug: "a-silent-receiver".into(),
            title: "A silent receiver, and how it was made to talk again".into(),
            author: Author { id: 4711, name: "Ada Fern".into(), bio: "Owns three soldering irons.".into() },
            published: 1_785_600_000,
            rating: Some(4.5),
            views: (0..168).map(|hour| (hour * 7919) % 523).collect(),
            tags: ["radio", "repair", "blog-new"].map(String::from).to_vec(),
            html: html(4096),
        }
    }
}

/// Text that compresses about as well as a page does: words in no order that repeats.
fn html(len: usize) -> String {
    const WORDS: [&str; 16] = [
        "the ",
        "receiver ",
        "was ",
        "silent",
        ", ",
        "capacitor ",
        "<p>",
        "</p>\n",
        "voltage ",
        "of ",
        "a ",
        "tube ",
        "and ",
        "<em>hum</em> ",
        "dial ",
        "measured ",
    ];
    let mut state = 1u32;
    let mut html = String::with_capacity(len + 16);
    while html.len() < len {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        html.push_str(WORDS[(state >> 28) as usize]);
    }
    html
}
