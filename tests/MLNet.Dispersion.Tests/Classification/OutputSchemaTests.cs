using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

public sealed class OutputSchemaTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void GetOutputSchema_OfTransformer_AddsTypedColumnsBehindTheInputs()
    {
        DataViewSchema input = Rows.View(_ml, 0).Schema;
        DataViewSchema output = Rows.Transformer(_ml, new FakeScorer()).GetOutputSchema(input);
        Assert.Equal([.. input.Select(column => column.Name), "PredictedLabel", "Score"], output.Select(column => column.Name));
        Assert.Equal(3ul, Assert.IsType<KeyDataViewType>(output["PredictedLabel"].Type).Count);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3), output["Score"].Type);
    }

    [Fact]
    public void Annotations_TextLabels_NameClassesOnBothColumns()
    {
        DataViewSchema output = Rows.Transformer(_ml, new FakeScorer()).GetOutputSchema(Rows.View(_ml, 0).Schema);
        Assert.Equal(Rows.ClassNames, Values<ReadOnlyMemory<char>>(output["PredictedLabel"], "KeyValues").Select(name => name.ToString()));
        Assert.Equal(Rows.ClassNames, Values<ReadOnlyMemory<char>>(output["Score"], "SlotNames").Select(name => name.ToString()));
        Assert.Equal(Rows.ClassNames, Values<ReadOnlyMemory<char>>(output["Score"], "TrainingLabelValues").Select(name => name.ToString()));
        Assert.Equal("MulticlassClassification", Value<ReadOnlyMemory<char>>(output["Score"], "ScoreColumnKind").ToString());
        Assert.Equal("Score", Value<ReadOnlyMemory<char>>(output["Score"], "ScoreValueKind").ToString());
        Assert.Equal("PredictedLabel", Value<ReadOnlyMemory<char>>(output["PredictedLabel"], "ScoreValueKind").ToString());
    }

    [Fact]
    public void Annotations_SecondScorer_CountsTheSetIdOn()
    {
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, new FakeScorer());
        DataViewSchema once = transformer.GetOutputSchema(Rows.View(_ml, 0).Schema);
        DataViewSchema twice = transformer.GetOutputSchema(once);
        Assert.Equal(1u, Value<uint>(once["Score"], "ScoreColumnSetId"));
        Assert.Equal(2u, Value<uint>(twice["Score"], "ScoreColumnSetId"));
        Assert.Equal(2u, Value<uint>(twice["PredictedLabel"], "ScoreColumnSetId"));
    }

    [Fact]
    public void Transform_ColumnOfTheSameNameInTheInput_IsHiddenByTheAddedOne()
    {
        FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, new FakeScorer());
        IDataView data = _ml.Transforms.CopyColumns("Score", "Id").Fit(Rows.View(_ml, 5)).Transform(Rows.View(_ml, 5));
        List<ScoredText> rows = [.. _ml.Data.CreateEnumerable<ScoredText>(transformer.Transform(data), reuseRowObject: false)];
        Assert.All(rows, row => Assert.Equal(FakeScorer.ScoresOf(row.Text, 3), row.Score));
    }

    [Theory]
    [MemberData(nameof(LabelViews))]
    public void GetOutputSchema_BeforeFit_EqualsTheShapeAfterwards(string what, Func<MLContext, IDataView> view)
    {
        Assert.NotEmpty(what);
        IDataView data = view(_ml);
        DataViewSchema.Column label = data.Schema["Label"];
        int classes = (int)((KeyDataViewType)label.Type).Count;
        var backbone = ModelSource.FromSource("none", new DirectorySource("there-is-no-such-directory"));
        SchemaShape promised = new FineTuneWithDispersionEstimator(_ml, backbone: backbone).GetOutputSchema(SchemaShapes.Of(data.Schema));

        using var transformer = new FineTuneWithDispersionTransformer(_ml, Rows.Columns, "Fake", ClassValues.Of(label, classes), new FakeScorer(classes));
        SchemaShape kept = SchemaShapes.Of(transformer.GetOutputSchema(data.Schema));

        Assert.Equal(Describe(kept).Order(), Describe(promised).Order());
    }

    public static TheoryData<string, Func<MLContext, IDataView>> LabelViews => new()
    {
        { "text", ml => Keyed(ml, Rows.View(ml, 9)) },
        { "int", ml => Keyed(ml, ml.Data.LoadFromEnumerable(Enumerable.Range(1, 4).Select(i => new { Text = "a", Label = i * 10 }))) },
        { "bool", ml => Keyed(ml, ml.Data.LoadFromEnumerable(Enumerable.Range(1, 4).Select(i => new { Text = "a", Label = i > 2 }))) },
        { "date", ml => Keyed(ml, ml.Data.LoadFromEnumerable(Enumerable.Range(1, 4).Select(i => new { Text = "a", Label = new DateTime(2026, 1, i) }))) },
        { "key without values", ml => ml.Data.LoadFromEnumerable(Enumerable.Range(1, 3).Select(i => new BareKeyRow { Label = (uint)i })) },
    };

    [Fact]
    public void ClassValuesOf_IntLabels_CopiesValuesWithTheirType()
    {
        IDataView data = Keyed(_ml, _ml.Data.LoadFromEnumerable(new[] { 30, -5, 30, 7 }.Select(i => new { Text = "a", Label = i })));
        ClassValues? values = ClassValues.Of(data.Schema["Label"], 3);
        Assert.NotNull(values);
        using var transformer = new FineTuneWithDispersionTransformer(_ml, Rows.Columns, "Fake", values, new FakeScorer());
        DataViewSchema output = transformer.GetOutputSchema(data.Schema);
        Assert.Equal([30, -5, 7], Values<int>(output["PredictedLabel"], "KeyValues"));
        Assert.Equal([30, -5, 7], Values<int>(output["Score"], "TrainingLabelValues"));
        Assert.Equal(["30", "-5", "7"], Values<ReadOnlyMemory<char>>(output["Score"], "SlotNames").Select(name => name.ToString()));
    }

    private static IDataView Keyed(MLContext ml, IDataView data) => ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);

    private static T Value<T>(DataViewSchema.Column column, string annotation)
    {
        T value = default!;
        column.Annotations.GetValue(annotation, ref value);
        return value;
    }

    private static T[] Values<T>(DataViewSchema.Column column, string annotation) => [.. Value<VBuffer<T>>(column, annotation).DenseValues()];

    private static IEnumerable<string> Describe(SchemaShape shape, string prefix = "")
    {
        foreach (SchemaShape.Column column in shape)
        {
            yield return $"{prefix}{column.Name}: {column.Kind} of {column.ItemType}, key {column.IsKey}";
            foreach (string annotation in column.Annotations is null ? [] : Describe(column.Annotations, $"{prefix}{column.Name}/"))
            {
                yield return annotation;
            }
        }
    }

    private sealed class BareKeyRow
    {
        public string Text { get; set; } = "a";

        [KeyType(3)]
        public uint Label { get; set; }
    }
}
