//! The parts that pages share: the layout and its frame, forms, lists, dates, addresses.

pub mod address;
pub mod day;
pub(crate) mod filters;
pub(crate) mod form;
pub(crate) mod frame;
pub(crate) mod layout;
#[cfg(test)]
pub(crate) mod page_checks;
pub mod pager;
pub(crate) mod printed;
pub(crate) mod rendered;
pub(crate) mod stages;

pub(crate) use self::frame::Frame;
pub use self::layout::{Here, Layout};
pub(crate) use self::printed::Printed;
pub(crate) use self::rendered::shown;
