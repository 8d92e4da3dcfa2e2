using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Tables;

public sealed class EvaluationToDataViewTests
{
    [Fact]
    public void ToDataView_Result_HasOneRowAScore()
    {
        var template = new BenchmarkTemplate { Name = "quiz", Title = "Quiz", Data = "-", Context = "-", Metrics = [BenchmarkMetric.Accuracy, BenchmarkMetric.NormalizedAccuracy] };
        BenchmarkItem[] items = [.. Enumerable.Range(0, 4).Select(i => new BenchmarkItem { Id = $"{i}", Choices = [Choice("is broken", i % 2 == 0), Choice("was", i % 2 == 1)] })];
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        EvaluationResult result = LanguageModelEvaluation.Run(model, [new BenchmarkTask(template, items)], new EvaluationOptions { MaxItems = 3 });

        IDataView table = result.ToDataView();

        Assert.Equal(["Model", "Task", "Title", "Metric", "Score", "StandardError", "IsMain", "Items", "AvailableItems", "FewShot", "TruncatedPrompts", "TruncatedChoices"], table.Schema.Select(column => column.Name));
        Assert.Equal(2, table.GetRowCount());
        Assert.All(table.GetColumn<string>("Model"), name => Assert.Equal(model.Name, name));
        Assert.All(table.GetColumn<string>("Title"), name => Assert.Equal("Quiz", name));
        Assert.Equal(["Accuracy", "NormalizedAccuracy"], table.GetColumn<string>("Metric"));
        Assert.Equal(result.Tasks[0].Scores.Select(score => score.Value), table.GetColumn<double>("Score"));
        Assert.Equal(result.Tasks[0].Scores.Select(score => score.StandardError), table.GetColumn<double>("StandardError"));
        Assert.Equal([1, 0], table.GetColumn<int>("IsMain"));
        Assert.Equal([3, 3], table.GetColumn<int>("Items"));
        Assert.Equal([4, 4], table.GetColumn<int>("AvailableItems"));
        Assert.Equal([0, 0], table.GetColumn<int>("TruncatedPrompts"));
        Assert.Throws<ArgumentNullException>(() => ((EvaluationResult)null!).ToDataView());
    }

    private static BenchmarkChoice Choice(string text, bool isTrue) => new() { Context = "my invoice", Continuation = " " + text, Text = text, IsTrue = isTrue };
}
