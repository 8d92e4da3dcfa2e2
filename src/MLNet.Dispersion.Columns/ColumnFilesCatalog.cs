using Microsoft.ML;
using MLNet.Dispersion.Columns;

namespace MLNet.Dispersion;

/// <summary>Loads files of columns, Parquet and Arrow, as ML.NET's data.</summary>
/// <remarks>
/// <para>
/// Files are read while the data is: a row group of Parquet, or a record batch of Arrow, is in memory at a time, of the columns that are asked for. Each pass opens the file again; it must stay as it is.
/// </para>
/// <list type="table">
/// <listheader><term>In the file</term><description>In the data</description></listheader>
/// <item><term>text; in Arrow also large, views and dictionaries of it</term><description>text</description></item>
/// <item><term>whole numbers of 8 to 64 bits, with or without sign</term><description>the number type of as many bits</description></item>
/// <item><term>floating-point numbers of 16, 32 and 64 bits</term><description>Single, Single, Double</description></item>
/// <item><term>truth values</term><description>Boolean</description></item>
/// <item><term>dates and timestamps</term><description>DateTime, in UTC</description></item>
/// <item><term>lists of these, bytes</term><description>a vector of any length, of Byte</description></item>
/// </list>
/// <para>
/// A missing text is the empty one, a missing floating-point number NaN, a missing list an empty vector. A missing value of another type, for which ML.NET has none, is an error that names column and row when it is read.
/// Columns of other types (structures, maps, lists of lists, decimal numbers, …) are refused by their names, unless others are asked for.
/// </para>
/// </remarks>
public static class ColumnFilesCatalog
{
    /// <summary>The most bytes that a column of one row group or record batch may take: 1 GiB. A file that says more is refused before it is read.</summary>
    public const int MaxColumnBytes = 1 << 30;

    /// <summary>Loads a Parquet file.</summary>
    /// <param name="catalog">As in <c>ml.Data</c>.</param>
    /// <param name="path">The file's path.</param>
    /// <param name="columns">The columns, by the names of the file; null (default) for all.</param>
    /// <returns>The data, which reads the file as it is read itself.</returns>
    /// <exception cref="ArgumentException">The file has no such column.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFileException">It is no Parquet file, damaged, or has a column of a type that ML.NET cannot hold; the message names it.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML;
    /// using MLNet.Dispersion;
    ///
    /// var ml = new MLContext();
    /// IDataView rows = ml.Data.LoadFromParquet("tickets.parquet", ["text", "label"]);
    /// </code>
    /// </example>
    public static IDataView LoadFromParquet(this DataOperationsCatalog catalog, string path, IReadOnlyList<string>? columns = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return ParquetColumns.Load(path, columns);
    }

    /// <summary>Loads an Arrow file, of the file format (Feather version 2) or of the stream format (as the datasets of Hugging Face are stored), compressed or not.</summary>
    /// <param name="catalog">As in <c>ml.Data</c>.</param>
    /// <param name="path">The file's path.</param>
    /// <param name="columns">The columns, by the names of the file; null (default) for all.</param>
    /// <returns>The data, which reads the file as it is read itself; it does not know the number of its rows.</returns>
    /// <exception cref="ArgumentException">The file has no such column.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFileException">It is no Arrow file, damaged, or has a column of a type that ML.NET cannot hold; the message names it.</exception>
    public static IDataView LoadFromArrow(this DataOperationsCatalog catalog, string path, IReadOnlyList<string>? columns = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return ArrowColumns.Load(path, columns);
    }
}
