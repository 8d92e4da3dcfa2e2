using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What goes wrong where a reader asks a row for a getter.</summary>
internal static class GetterErrors
{
    internal static InvalidOperationException WrongType<TValue>(DataViewSchema.Column column) =>
        new($"Column '{column.Name}' holds values of type {column.Type.RawType}, not {typeof(TValue)}.");

    internal static InvalidOperationException Inactive(DataViewSchema.Column column) =>
        new($"Column '{column.Name}' is not active: ask for it when the cursor is made.");

    internal static InvalidOperationException NotOnARow() =>
        new("The cursor is not on a row: call MoveNext first, and read only while it returns true.");
}
