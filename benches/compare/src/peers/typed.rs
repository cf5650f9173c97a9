//! Articles in a store of bytes: encoded with postcard, the codec that TagCache takes by default.

use tagcache_benches::article::Article;

use crate::peer::{Bytes, Item, Outcome, Peer};

pub(crate) struct Typed<S>(pub(crate) S);

impl<S: Bytes + 'static> Peer for Typed<S> {
    fn read(&self, key: &str, show: &mut dyn FnMut(&Article)) -> Outcome<bool> {
        let mut decoded = Ok(());
        let found = self.0.read(key, &mut |bytes| {
            decoded = postcard::from_bytes(bytes).map(|article| show(&article));
        })?;
        decoded?;
        Ok(found)
    }

    fn put(&self, item: &Item<'_, Article>) -> Outcome<()> {
        let value = postcard::to_stdvec(item.value)?;
        self.0.put(&[Item { key: item.key, value: &value, tags: item.tags }])
    }

    fn put_many(&self, items: &[Item<'_, Article>]) -> Outcome<()> {
        let values = items.iter().map(|item| postcard::to_stdvec(item.value));
        let values: Vec<Vec<u8>> = values.collect::<Result<_, _>>()?;
        let encoded = items.iter().zip(&values);
        let encoded = encoded.map(|(item, value)| Item { key: item.key, value: &value[..], tags: item.tags });
        self.0.put(&encoded.collect::<Vec<_>>())
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        self.0.invalidate(tag)
    }

    fn raw(&self) -> Option<&dyn Bytes> {
        Some(&self.0)
    }

    fn close(self: Box<Self>) -> Outcome<()> {
        Box::new(self.0).close()
    }
}
