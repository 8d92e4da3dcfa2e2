using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using VectorKind = Microsoft.ML.SchemaShape.Column.VectorKind;

namespace MLNet.Dispersion;

/// <summary>Checks the columns that are read, with errors that name the column, what was expected and what is there.</summary>
internal static class InputColumns
{
    /// <summary>Far more classes than any head is trained on; hashed keys, whose type counts two thousand million values, land above it.</summary>
    internal const int MaxClassCount = 65_536;

    internal static void CheckText(IExceptionContext context, SchemaShape shape, string name, string role = "text")
    {
        SchemaShape.Column column = Find(context, shape, role, name);
        if (column.Kind != VectorKind.Scalar || column.ItemType is not TextDataViewType)
        {
            throw Mismatch(context, role, name, "String", Describe(column));
        }
    }

    /// <summary>Checks the text column, and that of second texts where rows are pairs.</summary>
    internal static void CheckTexts(IExceptionContext context, SchemaShape shape, ColumnNames columns)
    {
        CheckText(context, shape, columns.Text);
        if (columns.SecondText is { } second)
        {
            CheckText(context, shape, second, "second text");
        }
    }

    /// <summary>Checks a regression's label.</summary>
    internal static void CheckNumberLabel(IExceptionContext context, SchemaShape shape, string name)
    {
        SchemaShape.Column column = Find(context, shape, "label", name);
        if (column.Kind != VectorKind.Scalar || column.IsKey || column.ItemType != NumberDataViewType.Single)
        {
            throw Mismatch(context, "label", name, "Single (put Transforms.Conversion.ConvertType(\"" + name + "\", outputKind: DataKind.Single) in front of a column of other numbers)", Describe(column));
        }
    }

    internal static SchemaShape.Column CheckLabel(IExceptionContext context, SchemaShape shape, string name)
    {
        SchemaShape.Column column = Find(context, shape, "label", name);
        if (column.Kind != VectorKind.Scalar || !column.IsKey || column.ItemType != NumberDataViewType.UInt32)
        {
            throw Mismatch(context, "label", name, "Key<UInt32> (put Transforms.Conversion.MapValueToKey(\"" + name + "\") in front)", Describe(column));
        }

        return column;
    }

    /// <summary>The number of classes that the label column's key type counts.</summary>
    internal static int ClassCount(IExceptionContext context, DataViewSchema.Column label)
    {
        ulong count = ((KeyDataViewType)label.Type).Count;
        if (count > MaxClassCount)
        {
            string most = string.Create(CultureInfo.InvariantCulture, $"a key type of at most {MaxClassCount:N0} values (Transforms.Conversion.MapValueToKey makes one; hashing does not)");
            throw Mismatch(context, "label", label.Name, most, string.Create(CultureInfo.InvariantCulture, $"one of {count:N0}"));
        }

        return (int)count;
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

    private static ArgumentOutOfRangeException Mismatch(IExceptionContext context, string role, string name, string expected, string got) =>
        context.Process(new ArgumentOutOfRangeException(null, $"Schema mismatch for {role} column '{name}': expected {expected}, got {got}"));

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
