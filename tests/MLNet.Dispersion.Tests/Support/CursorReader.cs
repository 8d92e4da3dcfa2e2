using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>Reads the columns of scored rows through the cursor's own getters.</summary>
internal sealed class CursorReader(DataViewRow row)
{
    private readonly ValueGetter<float> _id = row.GetGetter<float>(row.Schema["Id"]);
    private readonly ValueGetter<ReadOnlyMemory<char>> _text = row.GetGetter<ReadOnlyMemory<char>>(row.Schema["Text"]);
    private readonly ValueGetter<VBuffer<float>> _pair = row.GetGetter<VBuffer<float>>(row.Schema["Pair"]);
    private readonly ValueGetter<VBuffer<float>> _score = row.GetGetter<VBuffer<float>>(row.Schema["Score"]);
    private readonly ValueGetter<uint> _label = row.GetGetter<uint>(row.Schema["PredictedLabel"]);
    private readonly ValueGetter<DataViewRowId> _rowId = row.GetIdGetter();
    private VBuffer<float> _scoreBuffer;

    internal ScoredText Row()
    {
        float id = 0;
        ReadOnlyMemory<char> text = default;
        uint label = 0;
        _id(ref id);
        _text(ref text);
        _score(ref _scoreBuffer);
        _label(ref label);
        return new ScoredText { Id = id, Text = text.ToString(), Score = [.. _scoreBuffer.DenseValues()], PredictedLabel = label };
    }

    /// <summary>The array that the reader owns, not a copy of it.</summary>
    internal float[] Pair()
    {
        VBuffer<float> pair = default;
        _pair(ref pair);
        VBufferEditor<float> editor = VBufferEditor.CreateFromBuffer(ref pair);
        float[] values = editor.Values.ToArray();
        editor.Values.Clear();
        return values;
    }

    internal DataViewRowId Id()
    {
        DataViewRowId id = default;
        _rowId(ref id);
        return id;
    }
}
