//! Named constants and functions, which are one token each.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Constant {
    Pi,
    E,
    I,
    Infinity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Function {
    Sin,
    Cos,
    Tan,
    Sec,
    Csc,
    Cot,
    Asin,
    Acos,
    Atan,
    Asec,
    Acsc,
    Acot,
    Sinh,
    Cosh,
    Tanh,
    Sech,
    Csch,
    Coth,
    Asinh,
    Acosh,
    Atanh,
    Asech,
    Acsch,
    Acoth,
    Ln,
    /// To base 10, or natural if the rules say so. The first of two arguments is the base.
    Log,
    Exp,
    Sqrt,
    /// The n-th root; the first argument is the degree.
    Root,
    Abs,
    Floor,
    Ceil,
    Sign,
    Gcd,
    Lcm,
    Mod,
    Min,
    Max,
    Choose,
    Permute,
}
