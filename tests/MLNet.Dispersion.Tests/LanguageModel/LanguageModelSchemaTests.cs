using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.LanguageModel;

public sealed class LanguageModelSchemaTests
{
    private static readonly ModelSource NoBackbone = ModelSource.FromSource("none", new DirectorySource("there-is-no-such-directory"));
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void GetOutputSchema_Default_AddsTypedColumns()
    {
        DataViewSchema input = Rows.View(_ml, 0).Schema;
        using LanguageModelTransformer transformer = _ml.Transforms.Text.ApplyLanguageModel(backbone: TinyBackbone.Backbone).Fit(Rows.View(_ml, 0));
        DataViewSchema output = transformer.GetOutputSchema(input);
        Assert.Equal([.. input.Select(column => column.Name), "Features", "TokenCount", "LogLikelihood", "Perplexity"], output.Select(column => column.Name));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 32), output["Features"].Type);
        Assert.Equal([NumberDataViewType.Int32, NumberDataViewType.Single, NumberDataViewType.Single], output.Skip(5).Select(column => column.Type));
        bool normalized = false;
        output["Features"].Annotations.GetValue("IsNormalized", ref normalized);
        Assert.True(normalized);
        Assert.Equal((32, TinyBackbone.ContextLength - 1, "Text", true), (transformer.FeatureCount, transformer.MaxTokens, transformer.TextColumnName, ((ITransformer)transformer).IsRowToRowMapper));
        Assert.Null(transformer.TrainingResult);
        Assert.Empty(transformer.GeometryHistory);
    }

    [Fact]
    public void GetOutputSchema_ColumnsNamedOrLeftOut_FollowsTheOptions()
    {
        var options = new LanguageModelOptions
        {
            FeaturesColumnName = "Vector",
            TokenCountColumnName = null,
            LogLikelihoodColumnName = null,
            PerplexityColumnName = "P",
            ContinuationColumnName = "More",
            Features = new TextFeatureOptions { Normalize = false },
            Generation = new TextGenerationOptions { MaxNewTokens = 3 },
        };
        LanguageModelEstimator estimator = _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone, options);
        options.PerplexityColumnName = "edited later";
        using LanguageModelTransformer transformer = estimator.Fit(Rows.View(_ml, 0));
        Assert.Equal(["Vector", "P", "More"], transformer.OutputColumnNames);
        DataViewSchema output = transformer.GetOutputSchema(Rows.View(_ml, 0).Schema);
        Assert.Equal(["Vector", "P", "More"], output.Skip(4).Select(column => column.Name));
        Assert.Equal(TextDataViewType.Instance, output["More"].Type);
        Assert.Null(output["Vector"].Annotations.Schema.GetColumnOrNull("IsNormalized"));
    }

    [Fact]
    public void GetOutputSchema_BeforeFit_EqualsTheShapeAfterwards()
    {
        LanguageModelEstimator estimator = _ml.ApplyLanguageModel("Text", TinyBackbone.Backbone, LanguageRow.Options());
        SchemaShape promised = estimator.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 0).Schema));
        using LanguageModelTransformer transformer = estimator.Fit(Rows.View(_ml, 0));
        SchemaShape kept = SchemaShapes.Of(transformer.GetOutputSchema(Rows.View(_ml, 0).Schema));
        Assert.Equal(Describe(kept), Describe(promised));
    }

    [Fact]
    public void Fluent_OnAnEstimatorAndAChain_KeepsItFlat()
    {
        EstimatorChain<LanguageModelTransformer> first = _ml.Transforms.CopyColumns("Copy", "Text").FineTuneLanguageModelWithDispersion(_ml, backbone: NoBackbone);
        EstimatorChain<LanguageModelTransformer> second = first.FineTuneLanguageModelWithDispersion(_ml, "Copy", NoBackbone, options: new() { FeaturesColumnName = "Second" });
        Assert.IsType<LanguageModelEstimator>(second.LastEstimator);
        Assert.Contains(second.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 0).Schema)), column => column.Name == "Second");
    }

    [Theory]
    [InlineData("Nothing", "Could not find text column 'Nothing'", "'Text', 'Label'")]
    [InlineData("Id", "text column 'Id'", "got Single")]
    [InlineData("Pair", "text column 'Pair'", "got Vector<Single>")]
    public void Fit_TextColumnMissingOrOfAnotherType_NamesItBeforeLoading(string column, params string[] parts)
    {
        foreach (LanguageModelEstimator estimator in new[] { _ml.ApplyLanguageModel(column, NoBackbone), _ml.Transforms.Text.FineTuneLanguageModelWithDispersion(column, NoBackbone) })
        {
            AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(Rows.View(_ml, 1))), parts);
            AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(SchemaShapes.Of(Rows.View(_ml, 1).Schema))), parts);
        }
    }

    [Fact]
    public void Transform_TextColumnMissing_NamesIt()
    {
        using LanguageModelTransformer transformer = _ml.ApplyLanguageModel(backbone: TinyBackbone.Backbone).Fit(Rows.View(_ml, 0));
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new { Body = "no column called Text" } });
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.Transform(data)), "text column 'Text'", "'Body'");
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.GetOutputSchema(data.Schema)), "text column 'Text'");
        AssertSays(Assert.Throws<ArgumentOutOfRangeException>(() => transformer.GetRowToRowMapper(data.Schema)), "text column 'Text'");
    }

    [Fact]
    public void Constructor_BadOption_NamesValueAndLimit()
    {
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { Features = new() { MaxTokens = 0 } })), "MaxTokens is 0", "at least 1");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { Generation = new() { TopP = 2 } })), "TopP is 2");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { Features = null! })), "Features");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { Device = " " })), "Device");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { CenterFeatures = true, CenteringTexts = 0 })), "CenteringTexts is 0");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { CenterFeatures = true, CenteringDirections = -1 })), "CenteringDirections is -1");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { CenteringDirections = 1 })), "set CenterFeatures too");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { CenterFeatures = true, Features = new() { Directions = [[1]] } })), "Features.Directions");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { PerplexityColumnName = " " })), "Perplexity column has no name", "null");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { PerplexityColumnName = "Features" })), "Features and the Perplexity", "'Features'");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { PerplexityColumnName = "Text" })), "text and the Perplexity");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { FeaturesColumnName = null, TokenCountColumnName = null, LogLikelihoodColumnName = null, PerplexityColumnName = null })), "no column to add");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => _ml.ApplyLanguageModel(" ", NoBackbone)), "text column has no name");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => _ml.FineTuneLanguageModelWithDispersion("Text", NoBackbone, new() { Epochs = 0 })), "Epochs is 0");
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(new() { Device = "toaster" }, TinyBackbone.Backbone).Fit(Rows.View(_ml, 0))), "toaster");
    }

    [Fact]
    public void Fit_MoreNewTokensThanTheContext_SaysSoAtOnce()
    {
        LanguageModelOptions options = LanguageRow.Options();
        options.Generation.MaxNewTokens = TinyBackbone.ContextLength;
        AssertSays(Assert.ThrowsAny<ArgumentException>(() => With(options, TinyBackbone.Backbone).Fit(Rows.View(_ml, 1))), "MaxNewTokens is 48", "context of 48");
    }

    [Fact]
    public void Fit_BackboneMissing_NamesTheFile() =>
        Assert.Throws<ModelFileException>(() => _ml.ApplyLanguageModel("Text", NoBackbone).Fit(Rows.View(_ml, 1)));

    private LanguageModelEstimator With(LanguageModelOptions options, ModelSource? backbone = null) => _ml.ApplyLanguageModel("Text", backbone ?? NoBackbone, options);

    private static IEnumerable<string> Describe(SchemaShape shape) =>
        shape.Select(column => $"{column.Name}: {column.Kind} of {column.ItemType}, key {column.IsKey}, annotations {(column.Annotations is null ? "" : string.Join("; ", Describe(column.Annotations)))}").Order();

    private static void AssertSays(Exception error, params string[] parts) => Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
}
