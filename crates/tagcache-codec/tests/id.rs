//! The ids that records carry.

use tagcache_codec::CodecId;

#[test]
fn an_id_comes_back_from_a_record_even_if_this_build_does_not_know_it() {
    for id in [0, 1, 0x7FFF, 0x8000, 0x1_0005, 0x3_0002, u32::MAX] {
        assert_eq!(CodecId::from_record(id).get(), id);
    }
}

#[test]
fn an_id_is_shown_by_name() {
    let shown = |id| CodecId::from_record(id).to_string();
    assert_eq!(shown(0x1), "raw");
    assert_eq!(shown(0x1_0002), "zstd+json");
    assert_eq!(shown(0x2_0005), "lz4+postcard");
    assert_eq!(shown(0x1_8001), "zstd+outside-0x8001");
    assert_eq!(shown(0x7FFF), "unknown-0x7fff");
    assert_eq!(shown(0x4_0001), "wrapper-0x4+raw");
}

#[test]
#[should_panic(expected = "belong to tagcache-codec")]
fn an_outside_id_in_our_range_is_refused() {
    let _ = CodecId::outside(0x7FFF);
}
