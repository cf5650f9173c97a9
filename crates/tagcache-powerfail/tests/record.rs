//! The record: what is written is read, in its order, and what a killed process left is no line.

use tagcache_powerfail::deed::{Deed, Goods};
use tagcache_powerfail::record::{self, Cut, Line, Outcome, Recorder};
use tagcache_powerfail::value::Author;

fn lines() -> Vec<Line> {
    let goods = Goods { key: "k7".into(), tags: vec!["t1".into(), "t2".into()], len: 812 };
    let bare = Goods { key: "k8".into(), tags: Vec::new(), len: 0 };
    let tags = vec!["t3".to_owned()];
    let deeds = [
        Deed::Put(goods.clone()),
        Deed::Put(bare),
        Deed::Fill(goods.clone()),
        Deed::Replace(goods),
        Deed::InvalidateTags(tags.clone()),
        Deed::ExpireTags(tags),
        Deed::InvalidateKey("k1".into()),
        Deed::ExpireKey("k1".into()),
        Deed::Clear,
        Deed::Evict("k1".into()),
        Deed::Sweep,
    ];
    let author = Author { writer: 3, step: 17 };
    let mut lines: Vec<Line> = deeds.map(|deed| Line::Begin(author, deed)).into();
    lines.extend([
        Line::Marked(author),
        Line::End(author, Outcome::Done),
        Line::End(author, Outcome::NotStored),
        Line::End(author, Outcome::Failed("no space left".into())),
        Line::Cut(Cut { returned: 98, begun: 99 }),
    ]);
    lines
}

#[test]
fn every_line_that_is_written_is_read_back_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("record");
    let recorder = Recorder::open(&path).unwrap();
    let mut ends = Vec::new();
    for line in lines() {
        recorder.write(&line).unwrap();
        ends.push(recorder.now().unwrap());
    }
    let read = record::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let expected: Vec<_> = ends.into_iter().zip(lines()).collect();
    assert_eq!(read, expected);
}

#[test]
fn an_error_of_several_lines_is_one_line() {
    let line = Line::End(Author { writer: 1, step: 1 }, Outcome::Failed("one\ntwo".into()));
    assert_eq!(line.to_string(), "1.1 failed one two");
}

#[test]
fn half_a_line_at_the_end_is_what_a_killed_process_left() {
    let read = record::parse("1.1 begin clear\n1.1 do").unwrap();
    assert_eq!(read.len(), 1);
}

#[test]
fn half_a_line_in_front_of_a_cut_is_what_a_killed_process_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("record");
    let cut = Cut { returned: 1, begun: 2 };
    for torn in ["1.1 do", "1.1 done\n", "1.1 done\n2.1 be"] {
        std::fs::write(&path, format!("1.1 begin clear\n{torn}")).unwrap();
        Recorder::open(&path).unwrap().write_cut(cut).unwrap();
        let read = record::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(read.last().map(|(_, line)| line.clone()), Some(Line::Cut(cut)), "{torn}");
    }
}

#[test]
fn a_line_that_means_nothing_is_an_error_and_not_skipped() {
    for text in ["1.1 begin\n", "1.1 begin sing\n", "1 done\n", "cut\n", "1.1 begin clear now\n"] {
        assert!(record::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_lines_of_several_writers_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("record");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let recorder = Recorder::open(&path).unwrap();
            scope.spawn(move || {
                for step in 0..500 {
                    recorder.write(&Line::Marked(Author { writer, step })).unwrap();
                }
            });
        }
    });
    assert_eq!(record::parse(&std::fs::read_to_string(&path).unwrap()).unwrap().len(), 2000);
}
