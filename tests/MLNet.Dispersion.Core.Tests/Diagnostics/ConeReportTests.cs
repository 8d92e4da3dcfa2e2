using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Diagnostics;

public sealed class ConeReportTests
{
    [Fact]
    public void Measure_Report_HoldsTheConeOfTheWantedTexts()
    {
        string text = string.Join(' ', Enumerable.Range(0, 20).Select(i => i % 9));
        CondensationReport report = Reports.Measure([text, "1 2 3", "4 5 6 7", "8 7 6 5"], new() { ConeTexts = 3, MaxTokens = 16 });

        ConeReport cone = report.Cone!;
        Assert.Equal(3, cone.Texts);
        Assert.Equal(report.Layers.Count, cone.Layers.Count);
        Assert.Equal([16], cone.Lengths.Select(length => length.Tokens));
        Assert.Equal([1], cone.Lengths.Select(length => length.Texts));
        Assert.Null(Reports.Measure(["1 2 3"], new() { ConeTexts = 0 }).Cone);
    }

    [Fact]
    public void Measure_OneText_HasTheReportsOwnMeanCosine()
    {
        CondensationReport report = Reports.Measure(["1 2 3 4 5"], new());
        Assert.All(report.Layers, layer => Assert.Equal(layer.Cosine.MeanCosineOffDiagonal, report.Cone!.Layers[layer.HiddenState].MeanCosine, 1e-6));
    }

    [Fact]
    public void Sentence_EachKind_NamesWhatDecides()
    {
        using var scope = NewDisposeScope();
        Tensor spread = eye(32), offset = zeros(32);
        offset[5] = 50;
        Tensor shared = ones(32).mul(2);
        ConeReport none = Of(spread, spread), few = Of(spread, spread + offset), all = Of(spread, spread + shared);

        Assert.Equal([ConeKind.None, ConeKind.FewCoordinates, ConeKind.AllOver], ((ConeReport[])[none, few, all]).Select(cone => cone.Kind));
        Assert.StartsWith("Not condensed: no block's mean cosine between different tokens reaches 0.50", none.Sentence, StringComparison.Ordinal);
        Assert.Matches("^Condensed by a few coordinates: the mean cosine of hidden state 1 is 1.00, and .* without coordinates 5, .* of 32; minus the common mean", few.Sentence);
        Assert.StartsWith("Condensed all over: the mean cosine of hidden state 1 is 0.99, and still 0.99", all.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_DamagedCone_NamesItsPlace()
    {
        string json = Reports.EqualLengths().ToJson();
        Assert.NotNull(CondensationReport.FromJson(json).Cone);
        AssertDamaged(json, cone => cone["layers"]!.AsArray().RemoveAt(0), "cone.layers");
        AssertDamaged(json, cone => cone["layers"]![1]!["withoutStrongest"]!.AsArray().RemoveAt(0), "cone.layers[1].withoutStrongest");
        AssertDamaged(json, cone => cone["layers"]![1]!["strongest"]!.AsArray().Clear(), "cone.layers[1].strongest");
        AssertDamaged(json, cone => cone["layers"]![0] = null, "cone.layers[0]");
    }

    private static void AssertDamaged(string json, Action<JsonNode> damage, string place)
    {
        JsonNode document = JsonNode.Parse(json)!;
        damage(document["cone"]!);
        Assert.Contains(place, Assert.Throws<FormatException>(() => CondensationReport.FromJson(document.ToJsonString())).Message, StringComparison.Ordinal);
    }

    private static ConeReport Of(params Tensor[] layers) => new([.. layers.Select(layer => ConeGeometry.Measure([layer]))], []);
}
