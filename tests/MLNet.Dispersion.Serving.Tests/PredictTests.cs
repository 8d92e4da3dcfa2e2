using System.Text.Json;
using Microsoft.ML;

namespace MLNet.Dispersion.Serving.Tests;

public sealed class PredictTests
{
    private const double Tolerance = 1e-5;

    [Fact]
    public async Task Predict_ManyClientsAtOnce_AnswersAsABareEngineInFewerPasses()
    {
        (string[] texts, _) = TinyBackbone.LabelledTexts(40, seed: 9);
        var ml = new MLContext();
        using var engine = ml.Model.CreatePredictionEngine<Ticket, TicketPrediction>(ml.Model.Load(SavedModels.Classifier, out _));
        TicketPrediction[] expected = [.. texts.Select(text => engine.Predict(new Ticket { Text = text }))];
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier, options => (options.Engines, options.MaxBatchDelay) = (1, TimeSpan.FromMilliseconds(500)));

        JsonElement[] answers = await Task.WhenAll(texts.Select(text => server.Json("/predict", new { rows = new[] { new { Text = text } } })));

        for (int i = 0; i < texts.Length; i++)
        {
            JsonElement row = answers[i].GetProperty("rows")[0];
            Assert.Equal(expected[i].PredictedLabel, row.GetProperty("PredictedLabel").GetString());
            Equal(expected[i].Score, row.GetProperty("Score"));
        }

        Assert.Equal(["class 0", "class 1", "class 2"], answers[0].GetProperty("slotNames").GetProperty("Score").EnumerateArray().Select(name => name.GetString()!).Order());
        Assert.Equal("tickets", answers[0].GetProperty("model").GetString());
        await Waiting.Until(() => server.Metrics.Traffic.Picture().Seconds.Any(second => second.Batches > 0));
        await Task.Delay(1100);
        Assert.InRange(server.Metrics.Traffic.Picture().Seconds.Sum(second => second.Batches), 1, texts.Length / 2);
    }

    [Fact]
    public async Task Predict_SeveralRows_AnswersInTheirOrder()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier);
        (string[] texts, _) = TinyBackbone.LabelledTexts(20, seed: 4);
        JsonElement together = await server.Json("/predict", new { rows = texts.Select(text => new { Text = text, Label = "class 1", Number = 3 }) });

        Assert.Equal(texts.Length, together.GetProperty("rows").GetArrayLength());
        for (int i = 0; i < texts.Length; i++)
        {
            JsonElement alone = (await server.Json("/predict", new { rows = new[] { new { Text = texts[i] } } })).GetProperty("rows")[0];
            Equal([.. alone.GetProperty("Score").EnumerateArray().Select(value => value.GetSingle())], together.GetProperty("rows")[i].GetProperty("Score"));
        }
    }

    [Fact]
    public async Task Predict_OtherKindsOfModels_AnswerTheirColumns()
    {
        await using (RunningServer server = await RunningServer.Start(SavedModels.Binary))
        {
            JsonElement row = (await server.Json("/predict", new { rows = new[] { new { Text = "refund" } } })).GetProperty("rows")[0];
            Assert.Contains(row.GetProperty("PredictedLabel").ValueKind, new[] { JsonValueKind.True, JsonValueKind.False });
            Assert.InRange(row.GetProperty("Probability").GetDouble(), 0, 1);
        }

        await using (RunningServer server = await RunningServer.Start(SavedModels.Regressor))
        {
            Assert.True(double.IsFinite((await server.Json("/predict", new { rows = new[] { new { Text = "refund" } } })).GetProperty("rows")[0].GetProperty("Score").GetDouble()));
        }

        await using (RunningServer server = await RunningServer.Start(SavedModels.LanguageModel))
        {
            JsonElement rows = (await server.Json("/predict", new { rows = new[] { new { Text = "refund my money" }, new { Text = "" } } })).GetProperty("rows");
            Assert.InRange(rows[0].GetProperty("Perplexity").GetDouble(), 1, double.MaxValue);
            Assert.Equal(32, rows[0].GetProperty("Features").GetArrayLength());

            // An empty text has no perplexity: NaN, which JSON does not have.
            Assert.Equal(JsonValueKind.Null, rows[1].GetProperty("Perplexity").ValueKind);
        }
    }

    [Theory]
    [InlineData("""{"rows":[{"Text":5}]}""", "rows[0].Text")]
    [InlineData("""{"rows":[{"Text":"a"},{"Label":"b"}]}""", "rows[1].Text")]
    [InlineData("""{"rows":[{"Text":null}]}""", "rows[0].Text")]
    [InlineData("""{"rows":[{"Text":"a","Txt":"b"}]}""", "rows[0].Txt")]
    [InlineData("""{"rows":[{"Text":"a","Number":"b"}]}""", "rows[0].Number")]
    [InlineData("""{"rows":[{"Text":"a","Number":1e999}]}""", "rows[0].Number")]
    [InlineData("""{"rows":[{"Text":"a","Flag":1}]}""", "rows[0].Flag")]
    [InlineData("""{"rows":["a"]}""", "rows[0]")]
    [InlineData("""{"rows":[]}""", "rows")]
    [InlineData("""{"rows":{}}""", "rows")]
    [InlineData("""{"rows":[{"Text":"a"}],"top_k":3}""", "top_k")]
    [InlineData("""{}""", "rows")]
    public async Task Predict_RowThatDoesNotFit_IsRefusedByItsPlace(string body, string parameter)
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Classifier);
        JsonElement error = await RunningServer.Error(await server.PostText("/predict", body), 400);
        Assert.Equal(parameter, error.GetProperty("param").GetString());
        Assert.Contains(parameter, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static void Equal(float[] expected, JsonElement found)
    {
        float[] values = [.. found.EnumerateArray().Select(value => value.GetSingle())];
        Assert.Equal(expected.Length, values.Length);
        Assert.All(expected.Zip(values), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }
}
