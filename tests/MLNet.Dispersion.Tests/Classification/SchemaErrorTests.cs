using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Classification;

/// <summary>A wrong column is told before anything is trained, by name, with what was expected and what is there.</summary>
public sealed class SchemaErrorTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_LabelIsNoKey_SaysWhatMakesOne()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Trainer().Fit(Rows.View(_ml, 6)));
        AssertSays(error, "label column 'Label'", "expected Key<UInt32>", "MapValueToKey", "got String");
    }

    [Fact]
    public void Fit_LabelIsNoKeyInAChain_FailsBeforeEarlierPartsAreTrained()
    {
        EstimatorChain<FineTuneWithDispersionTransformer> pipeline = _ml.Transforms.CopyColumns("Copy", "Text").FineTuneWithDispersion(_ml, backbone: NoBackbone);
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Fit(Rows.View(_ml, 6))), "'Label'");
    }

    [Fact]
    public void Fit_TextMissing_ListsTheColumnsThatAreThere()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(text: "Txet").Fit(Keyed()));
        AssertSays(error, "Could not find text column 'Txet'", "'Text', 'Label'");
    }

    [Fact]
    public void Fit_LabelMissing_ListsTheColumnsThatAreThere()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(label: "Class").Fit(Keyed()));
        AssertSays(error, "Could not find label column 'Class'", "'Text'");
    }

    [Theory]
    [InlineData("Id", "got Single")]
    [InlineData("Pair", "got Vector<Single>")]
    [InlineData("Label", "got Key<UInt32>")]
    public void Fit_TextIsNoText_SaysWhatItIs(string column, string got)
    {
        string label = column == "Label" ? "Other" : "Label";
        IDataView data = _ml.Transforms.CopyColumns("Other", "Label").Fit(Keyed()).Transform(Keyed());
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(label, text: column).Fit(data));
        AssertSays(error, $"text column '{column}'", "expected String", got);
    }

    [Theory]
    [InlineData("Id", "got Single")]
    [InlineData("Pair", "got Vector<Single>")]
    [InlineData("Keys", "got VarVector<Key<UInt32>>")]
    [InlineData("Small", "got Key<Byte>")]
    public void Fit_LabelOfAnotherType_SaysWhatItIs(string column, string got)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new OddRow() });
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => Trainer(label: column).Fit(data)), $"label column '{column}'", got);
    }

    [Fact]
    public void Fit_KeysOfHashing_SaysThatTheyAreTooMany()
    {
        IDataView data = _ml.Transforms.Conversion.Hash("Label", numberOfBits: 20).Fit(Rows.View(_ml, 6)).Transform(Rows.View(_ml, 6));
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => Trainer().Fit(data)), "label column 'Label'", "65,536", "1,048,576");
    }

    [Fact]
    public void GetOutputSchema_OfTransformer_TextMissing_NamesIt()
    {
        using FineTuneWithDispersionTransformer transformer = Rows.Transformer(_ml, new FakeScorer());
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new { Body = "no column called Text" } });
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.GetOutputSchema(data.Schema)), "text column 'Text'", "'Body'");
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.Transform(data)), "text column 'Text'");
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.GetRowToRowMapper(data.Schema)), "text column 'Text'");
    }

    [Fact]
    public void Constructor_EmptyOrRepeatedColumnName_NamesTheColumns()
    {
        AssertSays(Assert.Throws<ArgumentException>(() => Trainer(label: " ")), "label column has no name");
        AssertSays(Assert.Throws<ArgumentException>(() => Trainer(label: "Text")), "label and the text column", "'Text'");
        AssertSays(Assert.Throws<ArgumentException>(() => new FineTuneWithDispersionEstimator(_ml, backbone: NoBackbone, scoreColumnName: "PredictedLabel")), "score and the predicted label column");
    }

    [Fact]
    public void Constructor_BadOption_NamesValueAndLimit()
    {
        AssertSays(
            Assert.ThrowsAny<ArgumentException>(() => new FineTuneWithDispersionEstimator(_ml, backbone: NoBackbone, options: new() { Epochs = 0 })),
            "Epochs is 0",
            "at least 1");
        AssertSays(
            Assert.ThrowsAny<ArgumentException>(() => _ml.FineTuneWithDispersion(backbone: NoBackbone, options: new() { Dispersion = { Coefficient = -1 } })),
            "Coefficient is -1");
    }

    private static ModelSource NoBackbone { get; } = ModelSource.FromSource("none", new DirectorySource("there-is-no-such-directory"));

    private FineTuneWithDispersionEstimator Trainer(string label = "Label", string text = "Text") =>
        _ml.MulticlassClassification.Trainers.FineTuneWithDispersion(label, text, NoBackbone);

    private IDataView Keyed() => _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Rows.View(_ml, 6)).Transform(Rows.View(_ml, 6));

    private static void AssertSays(Exception error, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));

    private sealed class OddRow
    {
        public string Text { get; set; } = "";

        public float Id { get; set; }

        [VectorType(2)]
        public float[] Pair { get; set; } = [0, 0];

        [KeyType(3)]
        public uint[] Keys { get; set; } = [1];

        [KeyType(3)]
        public byte Small { get; set; } = 1;
    }
}
