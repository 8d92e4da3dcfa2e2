using MLNet.Dispersion.Tests.Geometry;

namespace MLNet.Dispersion.Tests.Diagnostics;

/// <summary>Reports of a fake model, whose texts are the numbers of their tokens.</summary>
internal static class Reports
{
    public static CondensationReport Measure(IEnumerable<string?> texts, CondensationReportOptions? options = null, int layers = 3, string name = "fake")
    {
        using PretrainedLanguageModel model = Model(layers, name);
        return CondensationReport.Measure(model, texts, options);
    }

    public static PretrainedLanguageModel Model(int layers = 3, string name = "fake") => new(name, new FakeBackbone(layers), new KnownTextsTokenizer());

    /// <summary>Two texts of one length: both averaging conventions are defined.</summary>
    public static CondensationReport EqualLengths(string name = "fake", int layers = 3) => Measure(["1 2 3 4 5", "6 7 8 9 10", "3"], layers: layers, name: name);

    /// <summary>Texts that differ in length.</summary>
    public static CondensationReport Ragged(string name = "fake", int layers = 3) => Measure(["1 2 3 4 5", "6 7 8", "9 10 11 12", ""], layers: layers, name: name);
}
