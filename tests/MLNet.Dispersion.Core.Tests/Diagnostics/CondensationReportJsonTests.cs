using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Diagnostics;

public class CondensationReportJsonTests
{
    [Theory]
    [InlineData(true, true, 4)]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 1)]
    public void FromJson_OfToJson_IsTheSameReport(bool equalLengths, bool histograms, int spectra)
    {
        string[] texts = equalLengths ? ["1 2 3 4", "5 6 7 8", "9"] : ["1 2 3 4", "5 6 7"];
        CondensationReport report = Reports.Measure(texts, new() { Histograms = histograms, SpectrumTexts = spectra, SampleSeed = equalLengths ? 9 : null, MaxTokens = 16 }, name: "a \"b\" é");
        AssertSame(report, CondensationReport.FromJson(report.ToJson()));
        Assert.Equal(report.ToJson(), CondensationReport.FromJson(report.ToJson()).ToJson());
    }

    [Fact]
    public void FromJson_FiguresThatAreNotFinite_ComeBack()
    {
        JsonNode document = Document();
        document["layers"]![1]!["measures"]!["highFrequencyGrowth"] = "-Infinity";
        document["layers"]![1]!["measures"]!["highToLowFrequencyRatio"] = "Infinity";
        document["layers"]![1]!["measures"]!["stableRank"] = "NaN";
        CondensationReport report = CondensationReport.FromJson(CondensationReport.FromJson(document.ToJsonString()).ToJson());
        Assert.Equal(double.NegativeInfinity, report.Layers[1].Measures[GeometryMeasure.HighFrequencyGrowth]);
        Assert.Equal(double.PositiveInfinity, report.Layers[1].Measures[GeometryMeasure.HighToLowFrequencyRatio]);
        Assert.Equal(double.NaN, report.Layers[1].Measures[GeometryMeasure.StableRank]);
    }

    [Fact]
    public void ToJson_Document_NamesItsSchemaAndEveryMeasure()
    {
        JsonNode document = Document();
        Assert.Equal("mlnet-dispersion/condensation-report", (string?)document["schema"]);
        Assert.Equal(1, (int?)document["version"]);
        Assert.Equal("elementwise", (string?)document["averaging"]);
        Assert.Equal(1, (double?)document["trend"]!["spearman"]);
        Assert.Equal(GeometryMeasures.All.Select(measure => measure.MachineName()), document["layers"]![0]!["measures"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal(CosineHistogram.BinCount, document["layers"]![0]!["elementwise"]!["histogramCounts"]!.AsArray().Count);
        Assert.Equal(CosineHistogram.BinCount, document["layers"]![0]!["pooled"]!["histogramCounts"]!.AsArray().Count);
    }

    [Fact]
    public void FromJson_NewerVersion_SaysWhatToDo()
    {
        JsonNode document = Document();
        document["version"] = 2;
        document["layers"] = "something else";
        AssertRefused(document.ToJsonString(), "has version 2", "Update");
    }

    [Fact]
    public void FromJson_UnknownFields_AreIgnored()
    {
        JsonNode document = Document();
        document["note"] = "mine";
        document["layers"]![0]!["measures"]!["anotherMeasure"] = 3;
        Assert.Equal(4, CondensationReport.FromJson(document.ToJsonString()).Layers.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"schema": "something else", "version": 1}""")]
    [InlineData("""{"schema": "mlnet-dispersion/condensation-report"}""")]
    [InlineData("""{"schema": "mlnet-dispersion/condensation-report", "version": "1"}""")]
    [InlineData("""{"schema": "mlnet-dispersion/condensation-report", "version": 1}""")]
    public void FromJson_OtherDocuments_AreRefused(string json) => Assert.Throws<FormatException>(() => CondensationReport.FromJson(json));

    [Fact]
    public void FromJson_TruncatedAnywhere_IsRefused()
    {
        string json = Reports.Measure(["1 2 3"], layers: 1).ToJson();
        for (int length = 0; length < json.Length; length += 37)
        {
            Assert.Throws<FormatException>(() => CondensationReport.FromJson(json[..length]));
        }
    }

    [Fact]
    public void FromJson_DamagedFigures_NameTheirPlace()
    {
        AssertDamaged(d => d["texts"] = 0, "'texts' is 0");
        AssertDamaged(d => d["texts"] = "many", "$.texts");
        AssertDamaged(d => d.AsObject().Remove("tokens"), "tokens");
        AssertDamaged(d => d["model"] = null, "model");
        AssertDamaged(d => d["tokensPerText"] = 6, "'tokensPerText' is 6");
        AssertDamaged(d => d["tokensPerText"] = null, "layers[0].elementwise");
        AssertDamaged(d => d["spectrumTexts"] = 3, "'spectrumTexts' is 3");
        AssertDamaged(d => d["minTokens"] = 600, "'minTokens' is 600");
        AssertDamaged(d => d["layers"] = new JsonArray(), "'layers' is empty");
        AssertDamaged(d => d["layers"]![1] = null, "layers[1]");
        AssertDamaged(d => d["layers"]!.AsArray().RemoveAt(0), "'layers[0].hiddenState' is 1");
        AssertDamaged(d => d["layers"]![2]!["pooled"]!["meanCosine"] = 1.5, "'layers[2].pooled.meanCosine' is 1.5");
        AssertDamaged(d => d["layers"]![2]!["pooled"]!["meanCosine"] = "NaN", "'layers[2].pooled.meanCosine' is NaN");
        AssertDamaged(d => d["layers"]![2]!["pooled"]!["histogramCounts"]!.AsArray().RemoveAt(0), "127 numbers");
        AssertDamaged(d => d["layers"]![2]!["pooled"]!["histogramCounts"]![5] = -1, "layers[2].pooled.histogramCounts");
        AssertDamaged(d => d["layers"]![3]!["spectrum"]![1] = null, "spectrum");
        AssertDamaged(d => d["measured"] = "yesterday", "measured");
    }

    [Fact]
    public void FromJson_MeasureThatAnEarlierVersionDidNotHave_IsNotANumber()
    {
        JsonNode document = Document();
        document["layers"]![3]!["measures"]!.AsObject().Remove("meanNorm");
        CondensationReport report = CondensationReport.FromJson(document.ToJsonString());
        Assert.Equal(double.NaN, report.Layers[3].Measures[GeometryMeasure.MeanNorm]);
        Assert.Equal(Reports.EqualLengths().Layers[3].Measures[GeometryMeasure.StableRank], report.Layers[3].Measures[GeometryMeasure.StableRank]);
    }

    [Fact]
    public void FromJson_DuplicateField_IsRefused() =>
        AssertRefused(Reports.EqualLengths().ToJson().Replace("\"texts\": 2,", "\"texts\": 2, \"texts\": 2,", StringComparison.Ordinal), "texts");

    [Fact]
    public void Save_ThenLoad_IsTheSameReportAndLeavesNothingElse()
    {
        string folder = Path.Combine(Directory.CreateTempSubdirectory("mlnet-dispersion-report-").FullName, "new");
        try
        {
            string path = Path.Combine(folder, "report.json");
            Reports.Ragged().Save(path);
            CondensationReport report = Reports.EqualLengths();
            report.Save(path);
            AssertSame(report, CondensationReport.Load(path));
            Assert.Equal([path], Directory.GetFileSystemEntries(folder));
            File.WriteAllText(path, "{");
            Assert.Contains(path, Assert.Throws<FormatException>(() => CondensationReport.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
        }
    }

    private static JsonNode Document() => JsonNode.Parse(Reports.EqualLengths().ToJson())!;

    private static void AssertDamaged(Action<JsonNode> damage, string place)
    {
        JsonNode document = Document();
        damage(document);
        AssertRefused(document.ToJsonString(), place);
    }

    private static void AssertRefused(string json, params string[] parts)
    {
        string message = Assert.Throws<FormatException>(() => CondensationReport.FromJson(json)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private static void AssertSame(CondensationReport expected, CondensationReport actual)
    {
        Assert.Equal((expected.Model, expected.Measured, expected.MaxTokens, expected.MinTokens, expected.SampleSeed), (actual.Model, actual.Measured, actual.MaxTokens, actual.MinTokens, actual.SampleSeed));
        Assert.Equal((expected.TruncatedTexts, expected.SpectrumTexts), (actual.TruncatedTexts, actual.SpectrumTexts));
        CondensationProfile before = expected.Profile, after = actual.Profile;
        Assert.Equal((before.Texts, before.ShortTexts, before.Tokens, before.TokensPerText, before.Averaging), (after.Texts, after.ShortTexts, after.Tokens, after.TokensPerText, after.Averaging));
        Assert.Equal((before.Trend, before.OffDiagonalTrend), (after.Trend, after.OffDiagonalTrend));
        Assert.Equal(before.LastLayersMeans, after.LastLayersMeans);
        Assert.Equal(expected.Layers.Count, actual.Layers.Count);
        foreach ((LayerReport one, LayerReport other) in expected.Layers.Zip(actual.Layers))
        {
            Assert.Equal((one.Name, one.Fraction, one.HiddenState), (other.Name, other.Fraction, other.HiddenState));
            Assert.All(GeometryMeasures.All, measure => Assert.Equal(one.Measures[measure], other.Measures[measure]));
            Assert.Equal(one.Spectrum, other.Spectrum);
            AssertSame(one.Cosine.Pooled, other.Cosine.Pooled);
            AssertSame(one.Cosine.Elementwise, other.Cosine.Elementwise);
        }

        Assert.Equal(expected.ToString(), actual.ToString());
    }

    private static void AssertSame(CosineSummary? expected, CosineSummary? actual)
    {
        Assert.Equal((expected?.Averaging, expected?.Means), (actual?.Averaging, actual?.Means));
        Assert.Equal(expected?.Histogram?.Counts, actual?.Histogram?.Counts);
    }
}
