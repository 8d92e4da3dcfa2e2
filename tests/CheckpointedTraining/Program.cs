using System.Globalization;
using System.Security.Cryptography;
using MLNet.Dispersion;
using TorchSharp;

// Trains the backbone in the folder named first, with a checkpoint after every step in the folder named second, until it has finished or somebody
// kills it: one line a step, "from" with the step it went on from, and last the weights' SHA-256. The same every time.
using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(args[0]));
int[][] blocks = [.. Enumerable.Range(0, 24).Select(row => Enumerable.Range(0, 12).Select(i => 40 + (i * (row + 3) % 19)).ToArray())];
var options = new FineTuneOptions
{
    Epochs = 10,
    MicroBatchSize = 2,
    GradientAccumulationSteps = 2,
    LearningRate = 3e-3,
    Dropout = 0.1,
    ValidationFraction = 0.2,
    Device = "cpu",
    Seed = 3,
    Checkpoints = new CheckpointOptions { Directory = args[1], EverySteps = 1 },
    Progress = new Lines(),
};
options.Dispersion.MaxTokens = 4;
FineTuneResult result = LanguageModelTrainer.Train(model, blocks, options);
using var bytes = new MemoryStream();
SafetensorsWriter.Write(bytes, model.Backbone.named_parameters().Select(pair => KeyValuePair.Create(pair.name, (torch.Tensor)pair.parameter)));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"from {result.ResumedFromStep}"));
Console.WriteLine("losses " + string.Join(' ', result.History.Select(progress => progress.TaskLoss.ToString("R", CultureInfo.InvariantCulture))));
Console.WriteLine("weights " + Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())));

internal sealed class Lines : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {value.Step}"));
        Console.Out.Flush();
    }
}
