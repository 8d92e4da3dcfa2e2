using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>Reads the labels of rows that may have several, with what a model says of each.</summary>
internal static class LabelVectors
{
    /// <summary>A figure of each row whose labels are all known: the mean over its labels.</summary>
    /// <param name="scored">The rows.</param>
    /// <param name="label">The true labels, a vector of Boolean, or of Single with 1, 0 and NaN where it is not known.</param>
    /// <param name="said">What the model says: a vector of Boolean or Single.</param>
    /// <param name="figure">Of a label: whether it is true, and what the model says.</param>
    internal static RowFigures Means(IDataView scored, string label, string said, Func<bool, float, double> figure) => new(
        [.. Rows(scored, label).Zip(Rows(scored, said)).Where(row => !row.First.Any(float.IsNaN)).Select(row => row.First.Zip(row.Second, (truth, value) => figure(truth > 0, value)).Average())]);

    private static IEnumerable<float[]> Rows(IDataView scored, string name) => scored.Schema[name].Type switch
    {
        VectorDataViewType { ItemType: BooleanDataViewType } => scored.GetColumn<VBuffer<bool>>(name).Select(row => row.DenseValues().Select(value => value ? 1f : 0).ToArray()),
        VectorDataViewType { ItemType: NumberDataViewType number } when number == NumberDataViewType.Single => scored.GetColumn<VBuffer<float>>(name).Select(row => row.DenseValues().ToArray()),
        var other => throw new InvalidOperationException($"Column '{name}' is {other}; it must be a vector of Boolean or Single, with a number for each label."),
    };
}
