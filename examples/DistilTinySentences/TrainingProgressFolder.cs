using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>How far a training came: an interrupted one goes on there, as if it had not been.</summary>
/// <param name="path">The folder.</param>
/// <param name="about">What is trained; a folder of another training is not gone on from.</param>
internal sealed class TrainingProgressFolder(string path, string about)
{
    private const string Weights = "weights.dat", Place = "place.txt";

    /// <summary>Puts weights and optimizers where they were.</summary>
    /// <returns>The steps done.</returns>
    public int Resume(nn.Module student, IReadOnlyList<OptimizerHelper> optimizers)
    {
        if (!File.Exists(Path.Combine(path, Place)) || File.ReadAllLines(Path.Combine(path, Place)) is not [string step, string whose] || whose != about)
        {
            return 0;
        }

        student.load(Path.Combine(path, Weights));
        foreach (var (i, optimizer) in optimizers.Index())
        {
            optimizer.load_state_dict(Optimizer(path, i));
        }

        return int.Parse(step, CultureInfo.InvariantCulture);
    }

    /// <summary>Writes them beside what stands there, which goes once they are whole.</summary>
    public void Save(int step, nn.Module student, IReadOnlyList<OptimizerHelper> optimizers)
    {
        string next = path + ".next";
        Clear(next);
        Directory.CreateDirectory(next);
        student.save(Path.Combine(next, Weights));
        foreach (var (i, optimizer) in optimizers.Index())
        {
            optimizer.save_state_dict(Optimizer(next, i));
        }

        File.WriteAllLines(Path.Combine(next, Place), [step.ToString(CultureInfo.InvariantCulture), about]);
        Clear(path);
        Directory.Move(next, path);
    }

    /// <summary>Nothing is left to go on from.</summary>
    public void Clear() => Clear(path);

    private static string Optimizer(string folder, int index) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"optimizer-{index}.dat"));

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
