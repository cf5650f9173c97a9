//! Which calls share a value: the default key, keys that are given, and what is left out.

mod common;

use tagcache::{KeyPart, KeyPlace, Written, cached};

use common::{Count, Fixture};

fn key_is(fixture: &Fixture, key: &str) {
    assert!(fixture.cache.get::<String>(key).expect("a look").is_some(), "nothing is stored as {key}");
}

#[test]
fn two_calls_compute_once() {
    static COMPUTED: Count = Count::new();

    #[cached("blog-home")]
    fn home() -> String {
        format!("page {}", COMPUTED.up())
    }

    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((home(), home()), ("page 1".into(), "page 1".into()));
        key_is(&fixture, "blog-home");
    });
}

#[cached]
fn joined(a: &str, b: &str) -> String {
    format!("{a}+{b}")
}

#[test]
fn arguments_that_read_alike_when_joined_do_not_collide() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(joined("ab", "c"), "ab+c");
        assert_eq!(joined("a", "bc"), "a+bc");
        assert_eq!(joined("a\",\"b", "c"), "a\",\"b+c");
        assert_eq!(joined("a", "b\",\"c"), "a+b\",\"c");
        assert_eq!(fixture.cache.stats().computed, 4);
    });
}

#[test]
fn the_default_key_is_the_path_of_the_function_and_its_arguments() {
    let fixture = Fixture::new();
    fixture.run(|| {
        joined("x", "y");
        key_is(&fixture, "key::joined(\"x\",\"y\")");
    });
}

#[test]
fn functions_of_one_name_do_not_collide() {
    mod news {
        #[tagcache::cached]
        pub(super) fn page(n: u8) -> String {
            format!("news {n}")
        }
    }
    mod blog {
        #[tagcache::cached]
        pub(super) fn page(n: u8) -> String {
            format!("blog {n}")
        }
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((news::page(1), blog::page(1)), ("news 1".into(), "blog 1".into()));
    });
}

struct Cat;
struct Dog;
struct Shelter<T>(T);

trait Speaks {
    fn name() -> String;

    #[cached]
    fn greeting(to: &str) -> String {
        format!("{} greets {to}", Self::name())
    }
}

impl Speaks for Cat {
    fn name() -> String {
        "cat".into()
    }
}

impl Speaks for Dog {
    fn name() -> String {
        "dog".into()
    }
}

impl Cat {
    #[cached]
    fn food() -> String {
        "fish".into()
    }
}

impl Dog {
    #[cached]
    fn food() -> String {
        "bones".into()
    }
}

impl<T: Speaks> Shelter<T> {
    #[cached]
    fn sign() -> String {
        format!("shelter for a {}", T::name())
    }

    #[cached(include(T::name()), ignore(self))]
    fn rule(&self, number: u32) -> String {
        let _ = &self.0;
        format!("{number}: no {}", T::name())
    }
}

#[test]
fn the_type_and_the_trait_are_part_of_the_path() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((Cat::food(), Dog::food()), ("fish".into(), "bones".into()));
        assert_eq!(Cat::greeting("you"), "cat greets you");
        assert_eq!(Dog::greeting("you"), "dog greets you");
        assert_eq!(Shelter::<Cat>::sign(), "shelter for a cat");
        assert_eq!(Shelter::<Dog>::sign(), "shelter for a dog");
        assert_eq!((Shelter(Cat).rule(1), Shelter(Dog).rule(1)), ("1: no cat".into(), "1: no dog".into()));
        key_is(&fixture, "key::Dog::food()");
        key_is(&fixture, "<key::Dog as key::Speaks>::greeting(\"you\")");
        key_is(&fixture, "key::Shelter<key::Dog>::sign()");
        key_is(&fixture, "key::Shelter<key::Dog>::rule(\"dog\",1)");
    });
}

#[cached]
fn size<T, const TIMES: usize>(_: impl Sized) -> String {
    (std::mem::size_of::<T>() * TIMES).to_string()
}

#[test]
fn type_and_const_parameters_are_part_of_the_path() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(size::<u8, 2>('x'), "2");
        assert_eq!(size::<u8, 3>('x'), "3");
        assert_eq!(size::<u64, 3>('x'), "24");
        assert_eq!(size::<u64, 3>("x"), "24");
        assert_eq!(fixture.cache.stats().computed, 4, "the type of an ignored argument counts, too");
        key_is(&fixture, "key::size<u64, 3, char>()");
    });
}

struct Point {
    x: i8,
    y: i8,
}

#[cached]
fn taken_apart(
    (a, _): (u8, f32),
    Point { x, y: height }: Point,
    [first, ..]: [char; 3],
    mut n: u8,
) -> String {
    n += 1;
    format!("{a} {x} {height} {first} {n}")
}

#[test]
fn an_argument_counts_by_what_the_body_can_see_of_it() {
    let fixture = Fixture::new();
    fixture.run(|| {
        let of = |ignored, y| taken_apart((7, ignored), Point { x: -1, y }, ['a', 'b', 'c'], 1);
        assert_eq!((of(0.5, 1), of(0.25, 1)), ("7 -1 1 a 2".into(), "7 -1 1 a 2".into()));
        assert_eq!(fixture.cache.stats().computed, 1);
        assert_eq!(of(0.5, 2), "7 -1 2 a 2");
        key_is(&fixture, "key::taken_apart(7,-1,1,\"a\",1)");
    });
}

#[cached(ignore(verbose))]
fn ignoring(id: u8, verbose: bool) -> String {
    format!("{id} {verbose}")
}

#[test]
fn an_ignored_argument_does_not_tell_calls_apart() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((ignoring(1, true), ignoring(1, false)), ("1 true".into(), "1 true".into()));
        assert_eq!(ignoring(2, false), "2 false");
    });
}

#[cached(key = ("post", id, lang))]
fn by_parts(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

#[cached(format!("post/{id}/{lang:>4}"))]
fn by_text(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

#[cached(key = id.to_be_bytes(), ignore(lang))]
fn by_bytes(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

#[test]
fn a_key_is_a_tuple_of_parts_or_any_bytes() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((by_parts(7, "de"), by_text(7, "de"), by_bytes(7, "de")).2, "7 de");
        key_is(&fixture, "(\"post\",7,\"de\")");
        key_is(&fixture, "post/7/  de");
        assert!(fixture.cache.get::<String>(7u64.to_be_bytes()).unwrap().is_some());
    });
}

struct Author {
    number: u32,
}

impl KeyPart for Author {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        ("author", self.number).write(place)
    }
}

impl Author {
    #[cached(include(self))]
    fn bio(&self, words: usize) -> String {
        format!("{} in {words} words", self.number)
    }
}

#[test]
fn self_is_part_of_the_key_where_it_is_included() {
    let fixture = Fixture::new();
    fixture.run(|| {
        let [one, two] = [Author { number: 1 }, Author { number: 2 }];
        assert_eq!((one.bio(9), two.bio(9)), ("1 in 9 words".into(), "2 in 9 words".into()));
        key_is(&fixture, "key::Author::bio((\"author\",1),9)");
    });
}

#[test]
fn a_key_that_is_too_long_costs_the_value_its_place_and_not_the_caller_the_value() {
    let fixture = Fixture::new();
    fixture.run(|| {
        let long = "x".repeat(5000);
        assert_eq!(joined(&long, "").len(), 5001);
        assert_eq!((fixture.cache.stats().stored, fixture.cache.stats().faults), (0, 1));
    });
}
