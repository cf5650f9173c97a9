//! Work in progress.
use crate::{Fingerprint, HiddenShape};
use serde::de::DeserializeOwned;

/// Work in progress.
pub(crate) struct Shape(String);
impl Shape {
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_shape(&self.0)
    }
}

/// A placeholder until the tracer lands: the type's name.
pub(crate) fn shape_of<T: DeserializeOwned>(_human_readable: bool) -> Result<Shape, HiddenShape> {
    Ok(Shape(std::any::type_name::<T>().to_owned()))
}
