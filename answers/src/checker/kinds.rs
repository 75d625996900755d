//! The sorts of text that an expected answer of a kind may be.

use crate::kind::KindName as K;

/// Returns `true` if an answer that was read as one sort can be an answer of a kind.
pub(super) fn can_be(kind: K, sort: K, unit: bool) -> bool {
    if unit {
        return matches!(kind, K::Quantity | K::Solutions | K::List | K::Inequality | K::Number);
    }
    kind == sort
        || match kind {
            K::Number => matches!(sort, K::Probability | K::Ratio | K::Solutions),
            K::Quantity => false,
            K::Expression => {
                matches!(
                    sort,
                    K::Number
                        | K::Antiderivative
                        | K::Probability
                        | K::Vector
                        | K::GeneralSolution
                        | K::Function
                )
            }
            K::Equation => {
                matches!(
                    sort,
                    K::Solutions | K::Function | K::Derivative | K::Probability | K::GeneralSolution
                )
            }
            K::Solutions => {
                matches!(
                    sort,
                    K::Number
                        | K::List
                        | K::Set
                        | K::Expression
                        | K::Equation
                        | K::Point
                        | K::GeneralSolution
                )
            }
            K::Set => matches!(sort, K::List | K::Solutions | K::Inequality),
            K::List => {
                matches!(
                    sort,
                    K::Solutions | K::Choice | K::Set | K::Number | K::Expression | K::Point | K::Words
                )
            }
            K::Point => matches!(sort, K::List | K::Vector | K::Equation | K::Solutions),
            K::Vector => matches!(sort, K::Point | K::Expression | K::Matrix | K::Equation),
            K::Matrix => matches!(sort, K::Vector | K::Point | K::Equation),
            K::Function => matches!(sort, K::Expression | K::Equation | K::Number | K::Derivative),
            K::Derivative => {
                matches!(sort, K::Expression | K::Number | K::Equation | K::Function | K::Antiderivative)
            }
            K::Antiderivative => matches!(sort, K::Expression | K::Equation | K::Function),
            K::GeneralSolution => {
                matches!(sort, K::Solutions | K::List | K::Expression | K::Equation | K::Antiderivative)
            }
            K::Probability => matches!(sort, K::Number | K::Expression | K::Solutions),
            K::Inequality => matches!(sort, K::Set | K::List | K::Point),
            _ => false,
        }
}

/// Returns an answer of a kind, for the message about another one.
pub(super) fn example(kind: K) -> &'static str {
    match kind {
        K::Inferred | K::Expression => "2x + 1",
        K::Number => "3/4",
        K::Quantity => "5 cm",
        K::Equation => "y = 2x + 1",
        K::Inequality => "x > 3",
        K::Solutions => "x = 3 or x = -2",
        K::Set => "{1, 2, 3}",
        K::List => "2, 2, 3",
        K::Point => "(2, 5)",
        K::Vector => "(3, -2)",
        K::Matrix => "[[1, 2], [3, 4]]",
        K::Ratio => "2 : 3",
        K::Function => "f(x) = 2x + 1",
        K::Derivative => "dy/dx = 2x",
        K::Antiderivative => "x^2 + C",
        K::GeneralSolution => "x = π/6 + 2nπ",
        K::Probability => "P(A) = 0.3",
        K::Time => "16:30",
        K::Date => "3/4/2025",
        K::Range => "20-30",
        K::Remainder => "8 r 3",
        K::Words => "isosceles",
        K::Choice => "A, C",
    }
}
