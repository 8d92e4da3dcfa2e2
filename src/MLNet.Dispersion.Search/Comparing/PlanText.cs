using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Puts into words, or into a fingerprint, what a comparison is of.</summary>
internal static class PlanText
{
    private static readonly HashSet<string> OutsideTheRun = [nameof(FineTuneOptions.Seed), nameof(FineTuneOptions.Progress), nameof(FineTuneOptions.CancellationToken), nameof(FineTuneOptions.Observers), nameof(FineTuneOptions.GeometryProbe), nameof(FineTuneOptions.Device)];

    /// <summary>The estimators, the backbone and every training option that has a say in what is trained.</summary>
    internal static string Of(DispersionPipeline pipeline)
    {
        var words = new StringBuilder($"{string.Join(", ", pipeline.Steps)} of {pipeline.FineTuning.BackboneName}");
        Describe(words, "", pipeline.FineTuning.TrainingOptions!);
        return words.ToString();
    }

    /// <summary>A fingerprint of rows, by their columns of texts, truth values, numbers and keys, and of vectors of these.</summary>
    internal static string Fingerprint(IEnumerable<IDataView> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (IDataView rows in data)
        {
            foreach (DataViewSchema.Column column in rows.Schema.Where(column => !column.IsHidden))
            {
                Append(column.Name);
                foreach (string value in Values(rows, column) ?? [])
                {
                    Append(value);
                }
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];

        void Append(string text) => hash.AppendData(Encoding.Unicode.GetBytes(text + "\0"));
    }

    /// <summary>The values of a column as texts, vectors' in one text a row; null of a type that has none.</summary>
    internal static IEnumerable<string>? Values(IDataView rows, DataViewSchema.Column column)
    {
        DataViewType item = column.Type is VectorDataViewType vector ? vector.ItemType : column.Type;
        return item switch
        {
            TextDataViewType => Of<ReadOnlyMemory<char>>(value => value.ToString()),
            BooleanDataViewType => Of<bool>(value => value ? "1" : "0"),
            KeyDataViewType or NumberDataViewType => item.RawType.Name switch
            {
                nameof(Single) => Numbers<float>(),
                nameof(Double) => Numbers<double>(),
                nameof(SByte) => Numbers<sbyte>(),
                nameof(Byte) => Numbers<byte>(),
                nameof(Int16) => Numbers<short>(),
                nameof(UInt16) => Numbers<ushort>(),
                nameof(Int32) => Numbers<int>(),
                nameof(UInt32) => Numbers<uint>(),
                nameof(Int64) => Numbers<long>(),
                nameof(UInt64) => Numbers<ulong>(),
                _ => null,
            },
            _ => null,
        };

        IEnumerable<string> Numbers<T>()
            where T : IFormattable => Of<T>(value => value.ToString(null, CultureInfo.InvariantCulture));

        IEnumerable<string> Of<T>(Func<T, string> write) => column.Type is VectorDataViewType
            ? rows.GetColumn<VBuffer<T>>(column).Select(row => string.Join('\u001f', row.DenseValues().Select(write)))
            : rows.GetColumn<T>(column).Select(write);
    }

    /// <summary>Names and values of what differs from nothing, nested options by their parts.</summary>
    private static void Describe(StringBuilder words, string prefix, object options)
    {
        foreach (var property in options.GetType().GetProperties().Where(property => property.CanRead && property.GetIndexParameters().Length == 0 && !OutsideTheRun.Contains(property.Name)).OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            object? value = property.GetValue(options);
            string name = prefix + property.Name;
            switch (value)
            {
                case null:
                    break;
                case string or bool or Enum:
                case IFormattable:
                    words.Append(CultureInfo.InvariantCulture, $", {name} {value}");
                    break;
                case IEnumerable list:
                    words.Append(CultureInfo.InvariantCulture, $", {name} ({string.Join(" ", list.Cast<object>().Select(one => Convert.ToString(one, CultureInfo.InvariantCulture)))})");
                    break;
                default:
                    if (value.GetType().Name.EndsWith("Options", StringComparison.Ordinal))
                    {
                        Describe(words, name + ".", value);
                    }
                    else
                    {
                        words.Append(CultureInfo.InvariantCulture, $", {name} {value}");
                    }

                    break;
            }
        }
    }
}
