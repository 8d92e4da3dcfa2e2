using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using VectorKind = Microsoft.ML.SchemaShape.Column.VectorKind;

namespace MLNet.Dispersion;

/// <summary>Checks the columns that are read, with errors that name the column, what was expected and what is there.</summary>
internal static class InputColumns
{
    /// <summary>Checks a text column.</summary>
    internal static void CheckText(IExceptionContext context, SchemaShape shape, string name, string role = "text") =>
        Check(context, shape, VectorKind.Scalar, role, name, column => column.ItemType is TextDataViewType, "String");

    /// <summary>Checks a column of vectors of texts, of any length.</summary>
    internal static void CheckTextVector(IExceptionContext context, SchemaShape shape, string name, string role) =>
        CheckList(context, shape, role, name, column => column.ItemType is TextDataViewType, "Vector<String> of any length");

    /// <summary>Checks the text column, and that of second texts where rows are pairs.</summary>
    internal static void CheckTexts(IExceptionContext context, SchemaShape shape, TaskColumns columns)
    {
        CheckText(context, shape, columns.Text);
        if (columns.SecondText is { } second)
        {
            CheckText(context, shape, second, "second text");
        }
    }

    /// <summary>Checks the column of the rows' weights, where there is one.</summary>
    internal static void CheckExampleWeight(IExceptionContext context, SchemaShape shape, TaskColumns columns) => CheckExampleWeight(context, shape, columns.ExampleWeight);

    /// <inheritdoc cref="CheckExampleWeight(IExceptionContext, SchemaShape, TaskColumns)"/>
    internal static void CheckExampleWeight(IExceptionContext context, SchemaShape shape, string? name)
    {
        if (name is { } weight)
        {
            Check(context, shape, VectorKind.Scalar, "example weight", weight, column => !column.IsKey && column.ItemType == NumberDataViewType.Single, "Single");
        }
    }

    /// <summary>Checks a column of one text a row, or of equally many.</summary>
    internal static void CheckTextOrTexts(IExceptionContext context, SchemaShape shape, string name, string role) =>
        Check(context, shape, role, name, column => column.ItemType is TextDataViewType && column.Kind != VectorKind.VariableVector, "String, or Vector<String> of known length");

    /// <summary>Checks a column by which rows belong together.</summary>
    internal static void CheckGroup(IExceptionContext context, SchemaShape shape, string name) =>
        Check(context, shape, VectorKind.Scalar, "row group", name, column => column.IsKey || column.ItemType is TextDataViewType || GroupKeys.IsKnown(column.ItemType.RawType), "String, Key or a whole number");

    /// <summary>Checks a label column.</summary>
    /// <param name="context">For errors.</param>
    /// <param name="shape">The columns that are there.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="fits">Whether a column of single values is of the right type.</param>
    /// <param name="expected">The right type, and how to come to it.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of another type.</exception>
    internal static SchemaShape.Column CheckLabel(IExceptionContext context, SchemaShape shape, string name, Func<SchemaShape.Column, bool> fits, string expected) =>
        Check(context, shape, VectorKind.Scalar, "label", name, fits, expected);

    /// <summary>Checks a label column of vectors whose length is the same in all rows.</summary>
    /// <inheritdoc cref="CheckLabel"/>
    internal static SchemaShape.Column CheckLabelVector(IExceptionContext context, SchemaShape shape, string name, Func<SchemaShape.Column, bool> fits, string expected) =>
        Check(context, shape, VectorKind.Vector, "label", name, fits, expected);

    /// <summary>Checks a column of vectors, of whatever length.</summary>
    /// <param name="context">For errors.</param>
    /// <param name="shape">The columns that are there.</param>
    /// <param name="role">What it is for.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="fits">Whether a column of single values is of the right type.</param>
    /// <param name="expected">The right type, and how to come to it.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of another type.</exception>
    internal static void CheckList(IExceptionContext context, SchemaShape shape, string role, string name, Func<SchemaShape.Column, bool> fits, string expected) =>
        Check(context, shape, role, name, column => column.Kind != VectorKind.Scalar && fits(column), expected);

    /// <summary>Checks a text column that may hold words as well.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of another type.</exception>
    internal static void CheckWords(IExceptionContext context, SchemaShape shape, string name) =>
        Check(context, shape, "text", name, column => !column.IsKey && column.ItemType is TextDataViewType, "String, or a vector of String with a word each");

    /// <summary>What is thrown where a column is not what it must be.</summary>
    internal static ArgumentOutOfRangeException Mismatch(IExceptionContext context, string role, string name, string expected, string got) =>
        context.Process(new ArgumentOutOfRangeException(null, $"Schema mismatch for {role} column '{name}': expected {expected}, got {got}"));

    private static SchemaShape.Column Check(IExceptionContext context, SchemaShape shape, VectorKind kind, string role, string name, Func<SchemaShape.Column, bool> fits, string expected) =>
        Check(context, shape, role, name, column => column.Kind == kind && fits(column), expected);

    private static SchemaShape.Column Check(IExceptionContext context, SchemaShape shape, string role, string name, Func<SchemaShape.Column, bool> fits, string expected)
    {
        SchemaShape.Column column = Find(context, shape, role, name);
        return fits(column) ? column : throw Mismatch(context, role, name, expected, Describe(column));
    }

    private static SchemaShape.Column Find(IExceptionContext context, SchemaShape shape, string role, string name)
    {
        SchemaShape.Column column = shape.FirstOrDefault(candidate => candidate.Name == name);
        if (column.Name is null)
        {
            string present = string.Join(", ", shape.Select(candidate => $"'{candidate.Name}'"));
            throw context.Process(new ArgumentOutOfRangeException(null, $"Could not find {role} column '{name}'. The input has the columns {(present.Length == 0 ? "(none)" : present)}."));
        }

        return column;
    }

    private static string Describe(SchemaShape.Column column)
    {
        string item = column.IsKey ? $"Key<{column.ItemType}>" : $"{column.ItemType}";
        return column.Kind switch
        {
            VectorKind.Scalar => item,
            VectorKind.Vector => $"Vector<{item}>",
            _ => $"VarVector<{item}>",
        };
    }
}
