//! Lists that people exchange with the site: a school's class list in, spreadsheets out.

pub mod class_list;
pub mod spreadsheet;
