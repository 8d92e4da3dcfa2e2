using Microsoft.ML;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples.QuickStart;

// Cluster train FOLDER                  one training by all processes that mpirun, Slurm or Kubernetes starts: mpirun -n 4 Cluster train /shared/run
// Cluster search CONNECTION [trials]    one search by any number of processes that know nothing of each other, over a PostgreSQL database
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromTextFile<Ticket>(Path.Combine(AppContext.BaseDirectory, "tickets.tsv"), hasHeader: true);
switch (args)
{
    case ["train", var folder]:
        Train(folder);
        return 0;
    case ["search", var connection, .. var rest]:
        Search(connection, rest is [var trials] ? int.Parse(trials, System.Globalization.CultureInfo.InvariantCulture) : 40);
        return 0;
    default:
        Console.Error.WriteLine("Cluster train FOLDER | Cluster search CONNECTION [trials]");
        return 2;
}

void Train(string folder)
{
    // Every process reads the same rows and makes the same call; the folder is one that all machines share.
    var distributed = new DistributedOptions { TimeLimit = TimeSpan.FromSeconds(60) };
    var job = DistributedJob.Join(distributed);
    if (job.IsFirst)
    {
        // Of rank 0 alone: the others would say the same.
        ml.Log += (_, line) => Console.WriteLine(line.RawMessage);
    }

    var options = new FineTuneOptions
    {
        Epochs = 3,
        MicroBatchSize = 8,
        Seed = 1,
        Distributed = distributed,
        Checkpoints = new CheckpointOptions { Directory = Path.Combine(folder, "checkpoints"), EverySteps = 20 },
    };
    var pipeline = ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(ml, backbone: ModelSource.TinyEnglish, options: options);
    ITransformer model = pipeline.Fit(data);
    if (job.IsFirst)
    {
        ml.Model.Save(model, data.Schema, Path.Combine(folder, "model.zip"));
        Console.WriteLine($"{job.Count} processes have trained; the model is in {folder}.");
    }
}

void Search(string connection, int trials)
{
    IDataView keyed = ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
    using SearchResult result = ml.Dispersion().CreateSearch()
        .SetOptions(new() { Epochs = 3, GeometryProbe = null })
        .SetDataset(keyed, validationFraction: 0.2)
        .SetPipeline(trial => ml.MulticlassClassification.Trainers.FineTuneWithDispersion(options: trial.Options))
        .SetSearchSpace(DispersionSearchSpace.Default.Without(DispersionSearchSpace.Epochs))
        .SetMetric(SearchMetric.Of(MulticlassMetric.MicroAccuracy))
        .SetStorage((definition, cancellation) => PostgreSqlStudyStorage.OpenAsync(connection, definition with { Name = "tickets" }, cancellationToken: cancellation))
        .SetMaxTrials(trials)
        .Run();
    Console.WriteLine($"Best trial so far: {result.Best?.Number}.");
}
