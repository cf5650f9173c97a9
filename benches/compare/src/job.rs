//! What is stored, under which keys and tags, and in which order it is read. Everything here comes from one seed.

use tagcache_benches::article::Article;

/// The exponent of the popularity of keys: the k-th most popular is asked for in proportion to `1 / k^EXPONENT`.
pub const EXPONENT: f64 = 1.0;
/// Where every random number comes from.
pub const SEED: u64 = 0x7461_6763_6163_6865;
/// How many keys an order holds before it repeats.
const ORDER: usize = 1 << 16;
/// How many texts there are. Two values with one text still differ in their date.
const TEXTS: usize = 64;

/// The tags of an entry.
pub type Tags = [String; 2];

/// The name of an entry.
#[must_use]
pub fn key(index: usize) -> String {
    format!("section-{}/post-{index}", index % 20)
}

/// Its tags: the section, which a twentieth of all entries has, and the author, whom a two-hundredth has.
#[must_use]
pub fn tags(index: usize) -> Tags {
    [format!("section-{}", index % 20), format!("author-{}", index % 200)]
}

/// Values, no two of them alike: a store that keeps equal contents once has no advantage that a cache would not have.
pub struct Articles {
    texts: Vec<Article>,
    made: u64,
}

impl Articles {
    /// A supply for one process. Two processes with different numbers make different values.
    #[must_use]
    pub fn new(process: u32) -> Self {
        let sample = Article::sample();
        let texts = (0..TEXTS).map(|turn| varied(&sample, turn)).collect();
        Self { texts, made: u64::from(process) << 40 }
    }

    /// Another value.
    pub fn make(&mut self) -> &Article {
        self.made += 1;
        let turn = usize::try_from(self.made).unwrap_or(0) % TEXTS;
        let article = &mut self.texts[turn];
        article.published = self.made;
        article
    }
}

/// How long a value is when postcard has encoded it.
#[must_use]
pub fn encoded_len() -> usize {
    postcard::to_stdvec(Articles::new(0).make()).map_or(0, |bytes| bytes.len())
}

/// The same words from another place on, so that texts differ and have the same length.
fn varied(sample: &Article, turn: usize) -> Article {
    let mut article = sample.clone();
    let words: Vec<&str> = sample.html.split_inclusive(' ').collect();
    let (head, tail) = words.split_at(turn * words.len() / TEXTS);
    article.html = [tail, head].concat().concat();
    article
}

/// A small generator (splitmix64): the same numbers on every machine.
pub struct Random(u64);

impl Random {
    /// A stream of its own for each number.
    #[must_use]
    pub fn new(stream: u64) -> Self {
        Self(SEED ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.draw() % end.max(1) as u64).unwrap_or(0)
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The order in which a reader asks for `entries` keys: as popular pages are asked for. Which keys are the popular ones
/// is chance, and the same for all processes.
#[must_use]
pub fn popular(entries: usize, process: u32) -> Vec<usize> {
    let ranked = shuffled(entries);
    let mut weights: Vec<f64> = Vec::with_capacity(entries);
    let mut sum = 0.0;
    for rank in 1..=entries {
        sum += (rank as f64).powf(-EXPONENT);
        weights.push(sum);
    }
    let mut random = Random::new(1 + u64::from(process));
    (0..ORDER)
        .map(|_| {
            let point = random.unit() * sum;
            ranked[weights.partition_point(|&weight| weight < point).min(entries - 1)]
        })
        .collect()
}

/// How many keys are hot.
pub const HOT: usize = 1000;

/// The order in which a reader asks for the most popular keys alone, any of them as likely as any other.
#[must_use]
pub fn hot(entries: usize, process: u32) -> Vec<usize> {
    let ranked = shuffled(entries);
    let mut random = Random::new(2 << 32 | u64::from(process));
    (0..ORDER).map(|_| ranked[random.below(HOT.min(entries))]).collect()
}

/// The order in which a writer replaces: every key as likely as any other.
#[must_use]
pub fn even(entries: usize, process: u32) -> Vec<usize> {
    let mut random = Random::new(1 << 32 | u64::from(process));
    (0..ORDER).map(|_| random.below(entries)).collect()
}

fn shuffled(entries: usize) -> Vec<usize> {
    let mut random = Random::new(0);
    let mut indexes: Vec<usize> = (0..entries).collect();
    for last in (1..entries).rev() {
        indexes.swap(last, random.below(last + 1));
    }
    indexes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_popular_key_is_asked_for_twice_as_often_as_the_second() {
        let mut counts = vec![0usize; 1000];
        for index in popular(1000, 0) {
            counts[index] += 1;
        }
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let ratio = counts[0] as f64 / counts[1] as f64;
        assert!((1.8..2.2).contains(&ratio), "first to second is {ratio}");
    }

    #[test]
    fn two_processes_agree_on_what_is_popular_and_not_on_the_order() {
        let (one, other) = (popular(1000, 0), popular(1000, 1));
        assert_ne!(one, other);
        let hottest = |order: &[usize]| {
            let mut counts = vec![0usize; 1000];
            order.iter().for_each(|&index| counts[index] += 1);
            counts.iter().enumerate().max_by_key(|(_, count)| **count).map(|(index, _)| index)
        };
        assert_eq!(hottest(&one), hottest(&other));
    }

    #[test]
    fn no_two_values_are_alike() {
        let mut articles = Articles::new(0);
        let made: Vec<Article> = (0..200).map(|_| articles.make().clone()).collect();
        for (index, article) in made.iter().enumerate() {
            assert!(!made[..index].contains(article), "value {index} was made before");
        }
        assert_ne!(Articles::new(1).make(), &made[0], "nor across processes");
    }
}
