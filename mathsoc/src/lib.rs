//! The Maths Society Platform.
