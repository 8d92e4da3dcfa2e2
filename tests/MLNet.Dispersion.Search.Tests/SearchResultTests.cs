using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Search.Tests.Support;

namespace MLNet.Dispersion.Search.Tests;

public sealed class SearchResultTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly StudyObjective Largest = new() { Name = "value", Maximize = true };

    [Fact]
    public void Importance_OneParameterDecides_IsFirst()
    {
        SearchSpace space = SearchSpace.Empty.Uniform("decides", 0, 1).Uniform("idle", 0, 1).Choice("half", "a", "b").When("half", "b", sub => sub.Uniform("within", 0, 1));
        var random = new Random(2);
        Trial[] trials = [.. Enumerable.Range(0, 80).Select(number =>
        {
            ParameterSet point = ParameterSet.Empty.With("decides", random.NextDouble()).With("idle", random.NextDouble()).With("half", random.Next(2) == 0 ? "a" : "b");
            point = point.GetText("half") == "b" ? point.With("within", random.NextDouble()) : point;
            return new Trial { Number = number, State = TrialState.Completed, Parameters = point, Values = [(3 * point.GetDouble("decides")) + (point.GetText("half") == "a" ? 0.5 : 0)] };
        })];

        IReadOnlyList<ParameterImportance> importance = ParameterImportance.Of(trials, space, Largest);

        Assert.Equal("decides", importance[0].Parameter);
        Assert.InRange(importance[0].Share, 0.4, 1);
        Assert.InRange(importance[0].ChanceShare, 0.02, 0.3);
        Assert.True(importance[0].IsAboveChance);
        Assert.False(importance.Single(one => one.Parameter == "idle").IsAboveChance);
        Assert.All(ParameterImportance.Of(trials.Take(1), space, Largest), one => Assert.Equal(0, one.Share));

        // Ranks alone count.
        Assert.Equal(importance, ParameterImportance.Of(trials.Select(trial => trial with { Values = [Math.Exp(5 * trial.Values[0])] }), space, Largest));

        // The best are those of the objective's direction.
        Assert.Equal(importance, ParameterImportance.Of(trials.Select(trial => trial with { Values = [-trial.Values[0]] }), space, new() { Name = "loss", Maximize = false }));
    }

    [Fact]
    public void Importance_NothingMatters_IsAboveChanceInOneOfTwenty()
    {
        SearchSpace space = Enumerable.Range(0, 8).Aggregate(SearchSpace.Empty, (some, k) => some.Uniform($"x{k}", 0, 1)).Choice("rare", "a", "b");
        var random = new Random(4);
        int above = 0;
        for (int search = 0; search < 120; search++)
        {
            // A sampler that tries one value of the choice far more often than the other.
            Trial[] trials = [.. Enumerable.Range(0, 40).Select(number => new Trial
            {
                Number = number,
                State = TrialState.Completed,
                Parameters = Enumerable.Range(0, 8).Aggregate(ParameterSet.Empty, (point, k) => point.With($"x{k}", random.NextDouble())).With("rare", random.Next(8) == 0 ? "a" : "b"),
                Values = [random.NextDouble()],
            })];
            above += ParameterImportance.Of(trials, space, Largest)[0].IsAboveChance ? 1 : 0;
        }

        Assert.InRange(above, 0, 14);
    }

    [Fact]
    public void Write_AnyResult_TablesPagesAndJsonHoldTheTrials()
    {
        using SearchResult result = Run(12);
        IDataView view = result.ToDataView();

        Assert.Equal(result.Trials.Select(trial => trial.Number), view.GetColumn<int>("Number"));
        Assert.Equal(result.Trials.Select(trial => trial.Values.Count == 0 ? double.NaN : trial.Values[0]), view.GetColumn<double>("Value"));
        Assert.Contains("False", view.GetColumn<string>("dispersion"));
        using JsonDocument json = JsonDocument.Parse(result.ToJson());
        Assert.Equal(12, json.RootElement.GetProperty("trials").GetArrayLength());
        Assert.Equal(result.Best!.Number, json.RootElement.GetProperty("best").GetInt32());
        string[] lines = result.ToString().Split('\n');
        Assert.Equal(13, lines.Length);
        Assert.StartsWith($"{result.Best.Number} best", lines[1], StringComparison.Ordinal);
        Assert.Contains("Failed", lines[^1], StringComparison.Ordinal);
        string path = Path.GetTempFileName();
        try
        {
            result.WriteHtml(path);
            string page = File.ReadAllText(path);
            Assert.Contains(result.Dispersion.ToString(), page, StringComparison.Ordinal);
            Assert.Equal(result.ToPictures().Count, page.Split("<figure>").Length - 1);
            Assert.DoesNotContain("http://", page.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Result_OfTrialsAlone_HasTablesAndPicturesAndNoModel()
    {
        using SearchResult searched = Run(8);
        using var result = new SearchResult { Trials = searched.Trials, Objectives = searched.Objectives, Space = searched.Space };

        Assert.Equal(searched.ToString(), result.ToString());
        Assert.Equal(searched.ToJson(), result.ToJson());
        Assert.Equal(searched.Best, result.Best);
        Assert.Equal(searched.ToPictures().Select(picture => picture.Description), result.ToPictures().Select(picture => picture.Description));
        Assert.Null(result.BestModel);
        Assert.Null(result.BestOptions);
        Assert.Contains("not made by a search", Assert.Throws<InvalidOperationException>(() => result.Refit()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToPictures_EachParameterThatVaried_HasOne()
    {
        using SearchResult result = Run(14);

        string[] titles = [.. result.ToPictures().Select(picture => picture.Title)];

        Assert.Equal("Value from trial to trial", titles[0]);
        Assert.Contains("Value by learning rate", titles);
        Assert.Contains("Value by dispersion", titles);
        Assert.All(result.ToPictures(), picture => Assert.True(picture.ToPng().Length > 5000));
    }

    [Fact]
    public void DefaultSpace_Tau_TakesPartWhereItsVariantReadsIt()
    {
        ParameterSet spread = ParameterSet.Empty.With("dispersion", true).With("variant", DispersionVariant.AngularSpread);

        ParameterCondition condition = DispersionSearchSpace.Default["tau"].Condition!;

        Assert.True(condition.Holds(spread));
        Assert.False(condition.Holds(spread.With("variant", DispersionVariant.Orthogonalization)));
        Assert.DoesNotContain(DispersionSearchSpace.Default.Without("dispersion").Parameters, parameter => parameter.Name == "tau");
    }

    [Fact]
    public void Apply_EachName_ReachesItsOption()
    {
        var options = new FineTuneOptions();
        DispersionSearchSpace.Apply(
            ParameterSet.Empty.With("coefficient", 0.4).With("layers", "Last").With("variant", "Orthogonalization").With("tau", 0.5).With("learning rate", 3e-4).With("epochs", 4).With("LoRA rank", 6).With("own", 3), options);

        Assert.Equal((0.4, LayerSelection.Last, DispersionVariant.Orthogonalization, 0.5), (options.Dispersion.Coefficient, options.Dispersion.Layers, options.Dispersion.Variant, options.Dispersion.TauCos));
        Assert.Equal((3e-4, 4, 6, 12.0), (options.LearningRate!.Value, options.Epochs!.Value, options.Lora!.Rank, options.Lora.Alpha));
        DispersionSearchSpace.Apply(ParameterSet.Empty.With("dispersion", false), options);
        Assert.Equal(0, options.Dispersion.Coefficient);
        options.Validate();
    }

    private static SearchResult Run(int trials)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new Row { Text = $"text {i}", Label = "a" }));
        return Ml.Dispersion().CreateSearch().SetDataset(data).SetMaxTrials(trials)
            .SetMetric(SearchMetric.Of("Value", maximize: true, (model, _) => ((StubTransformer)model).Value))
            .SetPipeline(trial => new StubEstimator(Ml, trial.Number == 3 ? double.NaN : trial.Options.Dispersion.Coefficient - (0.01 * trial.Options.Epochs!.Value)))
            .Run();
    }
}
