//! The parts that pages share: layout, forms, pagination, dates, URL extractors.

pub mod address;
pub mod day;
pub(crate) mod filters;
pub(crate) mod form;
pub(crate) mod frame;
pub(crate) mod layout;
mod math;
#[cfg(test)]
pub(crate) mod page_checks;
pub mod pager;
pub(crate) mod render;
pub(crate) mod stages;
pub(crate) mod taken_back;
pub(crate) mod unsent;

pub(crate) use self::frame::Frame;
pub use self::layout::{Layout, Section};
pub(crate) use self::math::math;
pub(crate) use self::render::render;
