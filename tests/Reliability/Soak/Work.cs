using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Tests;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>What an application does with the library, each kind in a small form, with answers that are known: a wrong one throws.</summary>
internal sealed class Work : IDisposable
{
    private const int Rows = 60, Engines = 8, Written = 6;
    private const double Rounding = 1e-4;
    private readonly string _folder = Directory.CreateTempSubdirectory("soak-").FullName;
    private readonly MLContext _ml = new(seed: 1);
    private readonly Ticket[] _tickets;
    private readonly TransformerChain<ITransformer> _model;
    private readonly DataViewSchema _schema;
    private readonly float[][] _expected;
    private readonly ConcurrentBag<PredictionEngine<Ticket, Answer>> _pool = [];
    private readonly PretrainedLanguageModel _writer;
    private readonly string _expectedText;
    private readonly SemaphoreSlim _fits = new(2);
    private int _files;

    /// <summary>Trains a model and saves it.</summary>
    internal Work()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(Rows);
        _tickets = [.. texts.Zip(labels, (text, label) => new Ticket { Text = text, Label = $"class {label}" })];
        (_model, _schema) = Fit(steps: 20);
        Zip = Path.Combine(_folder, "model.zip");
        _ml.Dispersion().SaveModel(_model, _schema, Zip);
        _expected = Scores(_model);
        for (int i = 0; i < Engines; i++)
        {
            _pool.Add(Engine(_model));
        }

        _writer = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        _expectedText = Write();
        Kinds =
        [
            ("an engine of a pool", 20, ScorePooled),
            ("rows scored at once", 6, ScoreRows),
            ("text written", 6, WriteText),
            ("loaded, disposed while it scores", 3, DisposeDuringUse),
            ("saved and loaded", 3, SaveAndLoad),
            ("a directory saved and loaded", 2, SaveDirectory),
            ("condensation measured", 1, Measure),
            ("trained", 1, Train),
        ];
    }

    /// <summary>Gets the kinds of work, with how often each comes.</summary>
    internal IReadOnlyList<(string Name, int Weight, Action<Random> Do)> Kinds { get; }

    /// <summary>Gets the path of the saved model.</summary>
    internal string Zip { get; }

    /// <summary>An engine over a model, which stays the caller's.</summary>
    internal PredictionEngine<Ticket, Answer> Engine(ITransformer model) => _ml.Model.CreatePredictionEngine<Ticket, Answer>(model, new PredictionEngineOptions { OwnsTransformer = false });

    public void Dispose()
    {
        foreach (PredictionEngine<Ticket, Answer> engine in _pool)
        {
            engine.Dispose();
        }

        _model.Dispose();
        _writer.Dispose();
        _fits.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void ScorePooled(Random random)
    {
        PredictionEngine<Ticket, Answer> engine = _pool.TryTake(out PredictionEngine<Ticket, Answer>? pooled) ? pooled : Engine(_model);
        for (int i = 0; i < 10; i++)
        {
            int row = random.Next(Rows);
            Check(_expected[row], engine.Predict(_tickets[row]).Score);
        }

        if (_pool.Count < Engines)
        {
            _pool.Add(engine);
        }
        else
        {
            engine.Dispose();
        }
    }

    private void ScoreRows(Random random)
    {
        float[][] found = Scores(_model);
        int row = random.Next(Rows);
        Check(_expected[row], found[row]);
    }

    private void WriteText(Random random)
    {
        if (Write() is var written && written != _expectedText)
        {
            throw new InvalidDataException($"It wrote '{written}' and not '{_expectedText}'.");
        }
    }

    private void DisposeDuringUse(Random random)
    {
        ITransformer model = _ml.Model.Load(Zip, out _);
        using var engine = Engine(model);
        int delay = random.Next(5);
        Task disposing = Task.Run(() =>
        {
            Thread.Sleep(delay);
            ((IDisposable)model).Dispose();
        });
        try
        {
            for (int row = 0; ; row = (row + 1) % Rows)
            {
                Check(_expected[row], engine.Predict(_tickets[row]).Score);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException || e.InnerException is ObjectDisposedException)
        {
            disposing.Wait();
        }
    }

    private void SaveAndLoad(Random random)
    {
        string path = Path.Combine(_folder, $"{Interlocked.Increment(ref _files)}.zip");
        _ml.Dispersion().SaveModel(_model, _schema, path);
        ITransformer loaded = _ml.Model.Load(path, out _);
        using (var engine = Engine(loaded))
        {
            int row = random.Next(Rows);
            Check(_expected[row], engine.Predict(_tickets[row]).Score);
        }

        ((IDisposable)loaded).Dispose();
        File.Delete(path);
    }

    private void SaveDirectory(Random random)
    {
        string path = Path.Combine(_folder, $"model-{Interlocked.Increment(ref _files)}");
        _writer.Save(path);
        using (PretrainedLanguageModel.Load(ModelSource.FromDirectory(path)))
        {
        }

        Directory.Delete(path, recursive: true);
    }

    private void Measure(Random random) => CondensationReport.Measure(_writer, _tickets.Take(8).Select(ticket => ticket.Text));

    private void Train(Random random)
    {
        _fits.Wait();
        try
        {
            Fit(steps: 2).Model.Dispose();
        }
        finally
        {
            _fits.Release();
        }
    }

    private (TransformerChain<ITransformer> Model, DataViewSchema Schema) Fit(int steps)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(_tickets);
        var options = new FineTuneOptions { Epochs = FineTuneOptions.NoEpochLimit, MaxSteps = steps, MicroBatchSize = 8, LearningRate = 3e-3, ValidationFraction = 0, Device = "cpu" };
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .FineTuneWithDispersion(ml, backbone: TinyBackbone.Backbone, options: options)
            .Append<ITransformer>(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        return (pipeline.Fit(data), data.Schema);
    }

    private float[][] Scores(ITransformer model) => [.. model.Transform(_ml.Data.LoadFromEnumerable(_tickets)).GetColumn<VBuffer<float>>("Score").Select(score => score.DenseValues().ToArray())];

    private string Write() => _writer.Generate(["invoice refund"], new TextGenerationOptions { MaxNewTokens = Written })[0].Text;

    private static void Check(float[] expected, float[] found)
    {
        if (expected.Length != found.Length || expected.Zip(found).Any(pair => !(Math.Abs(pair.First - pair.Second) <= Rounding)))
        {
            throw new InvalidDataException($"The scores are {string.Join(' ', found)} and not {string.Join(' ', expected)}.");
        }
    }
}

/// <summary>A labelled text.</summary>
public sealed class Ticket
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>What a model says of it.</summary>
public sealed class Answer
{
    public float[] Score { get; set; } = [];

    public string PredictedLabel { get; set; } = "";
}
