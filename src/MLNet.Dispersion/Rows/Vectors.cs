using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Hands values to readers as ML.NET's vectors.</summary>
internal static class Vectors
{
    /// <summary>Reads the texts of a row's vector.</summary>
    internal static string[] Texts(ValueGetter<VBuffer<ReadOnlyMemory<char>>> read)
    {
        VBuffer<ReadOnlyMemory<char>> values = default;
        read(ref values);
        return [.. values.DenseValues().Select(value => value.ToString())];
    }

    /// <summary>Reads the names of a column's keys, which are texts, by the keys less 1.</summary>
    internal static string[] KeyNames(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetKeyValues(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    /// <summary>Copies values into the reader's vector, whose memory is used again where it is large enough.</summary>
    internal static void Copy<T>(ReadOnlySpan<T> values, ref VBuffer<T> into)
    {
        VBufferEditor<T> editor = VBufferEditor.Create(ref into, values.Length);
        values.CopyTo(editor.Values);
        into = editor.Commit();
    }
}
