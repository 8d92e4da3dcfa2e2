using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Turns a schema into the looser shape that estimators promise before they are trained.</summary>
internal static class SchemaShapes
{
    internal static SchemaShape Of(DataViewSchema schema) => MLNetInternals.Use("SchemaShape.Create", () => Create(null, schema));

    /// <summary>A shape with columns added, which hide those of the same names.</summary>
    internal static SchemaShape Append(SchemaShape input, DataViewSchema added) =>
        new(input.Where(column => added.GetColumnOrNull(column.Name) is null).Concat(Of(added)));

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "Create")]
    private static extern SchemaShape Create(SchemaShape? type, DataViewSchema schema);
}
